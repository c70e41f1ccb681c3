"""People of every age in front of any camera, with exact ground truth. Needs the extra ``synth`` and EGL.

World space has x to the left of a person who faces the camera of a portrait, y backwards (a person in rest faces -y)
and z up, in millimetres; the floor is z = 0.
"""
