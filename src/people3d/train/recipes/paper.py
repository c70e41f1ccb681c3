"""The paper's settings of RootNet, PoseNet and the joint network, and the released code's where they differ.

| | paper (section 7) | released code (recipe ``NAME-released``) |
| --- | --- | --- |
| epochs, rate ÷ 10 after | 20, 17 | RootNet the same; PoseNet 25, 17 and 21 |
| rotation | up to ±30° | 30° × N(0, 1) clipped to ±2, for 60 % of the people |
| scale | - | PoseNet: 1 + 0.25 × N(0, 1) clipped to ±1 |
| synthetic occlusion | both networks | PoseNet only |
| pixels | ImageNet's mean and standard deviation | the same without division by 255: follows from ``--init`` |

Common: ResNet-50, 256 px, Adam, 1e-3, batches of 128, half 3D and half 2D, flips, colour, L1 losses.
Ours in both: crops are warped from packs, and the mean of PoseNet's loss goes over the joints that are seen.
"""

from __future__ import annotations

from dataclasses import replace

from people3d.data.augment import Augmentation
from people3d.train.loop import LoopConfig
from people3d.train.recipes.crops import CropRecipe

PAPER_AUGMENTATION = Augmentation(
    rotation_prob=1.0,
    rotation_deg=15.0,  # × N(0, 1) clipped to ±2: up to ±30°
    scale=0.0,
    shift=0.0,
    flip_prob=0.5,
    colour=0.2,
    light=0.0,
    grey_prob=0.0,
    blur_prob=0.0,
    occlusion_prob=0.5,
    occlusion_area=(0.0, 0.7),  # share of the box, released code
    truncation_prob=0.0,
    jpeg_prob=0.0,
)
RELEASED_POSE_AUGMENTATION = replace(PAPER_AUGMENTATION, rotation_prob=0.6, rotation_deg=30.0, scale=0.25)
RELEASED_ROOT_AUGMENTATION = replace(RELEASED_POSE_AUGMENTATION, scale=0.0, occlusion_prob=0.0)

EPOCHS = 20
_LOOP = LoopConfig(
    steps=1,  # from the epochs
    batch_size=128,
    learning_rate=1e-3,
    schedule="step",
    milestones=(17 / EPOCHS,),
    warmup_steps=0,
    weight_decay=0.0,  # AdamW without decay is Adam
    ema_decay=0.0,
    clip_norm=0.0,
)


def paper_recipes(name: str, skeleton: str, shares: dict[str, float]) -> dict[str, dict[str, CropRecipe]]:
    """Network → recipe's name → recipe, for these shares of a batch and PoseNet's skeleton."""
    root = CropRecipe(
        model={"backbone": "resnet50"},
        shares=shares,
        loop=_LOOP,
        augmentation=PAPER_AUGMENTATION,
        heatmap_weight=0.0,
        depth_loss="mm",
        epochs=EPOCHS,
    )
    pose = replace(root, model={"backbone": "resnet50", "skeleton": skeleton})
    released_root = replace(root, augmentation=RELEASED_ROOT_AUGMENTATION)
    released_pose = replace(
        pose,
        augmentation=RELEASED_POSE_AUGMENTATION,
        loop=replace(_LOOP, milestones=(17 / 25, 21 / 25)),
        epochs=25,
    )
    return {
        "rootnet": {name: root, f"{name}-released": released_root},
        "posenet": {name: pose, f"{name}-released": released_pose},
        "jointnet": {name: pose},
    }
