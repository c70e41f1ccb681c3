"""Everybody in a picture for OpenSim, Blender and a spreadsheet, and how they stand (extra ``export``).

python examples/03_export.py                        # the true joints of the demo's scene
python examples/03_export.py out/people3d.json      # what `people3d predict` wrote
"""

import subprocess
import sys
from pathlib import Path

from people3d.export import load_recording, scenes_of, upright_world
from people3d.export.angles import joint_angles_deg

source = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("demo.json")

# On the command line: one file a person where the format holds one.
command = ["-m", "people3d", "export", str(source), "--format", "trc", "bvh", "csv", "--output", "outputs/exports"]
subprocess.run([sys.executable, *command], check=True)

# In Python: camera space turned upright, with the floor at Y = 0.
for scene in scenes_of(load_recording(source)):
    world = upright_world(scene)
    height = world.camera_height_mm / 1000
    print(f"{scene.name}: the camera looks down by {world.pitch_deg:.0f}°, {height:.1f} m above the floor")
    for track in scene.in_world(world).tracks:
        first = track.joints_mm[track.present][:1]
        knees = joint_angles_deg(first, scene.skeleton)
        head = first[0, :, 1].max() / 1000
        print(
            f"  {track.name}: head at {head:.2f} m, knees bent by {knees['L_knee_flexion'][0]:.0f}° (left) and "
            f"{knees['R_knee_flexion'][0]:.0f}° (right)"
        )
