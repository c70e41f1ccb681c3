"""Training goes on from an exported network: ``--init src/people3d/weights/default`` needs no checkpoint.

An export folds batch norms into the convolutions before them. Here each comes back: first as the identity, then
(:func:`settle_norms`) with the statistics of real batches, so that training starts from the function that was exported.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from people3d.runtime.entry import NetworkEntry, WeightsError, read_entry
from people3d.runtime.storage import restore
from people3d.train.loop import Task

_PREFIXES = ("network.", "detector.")  # where an exported graph holds its network (people3d.runtime.graphs)
_FOLDED_BIAS = ".weight_bias"


def is_exported(path: Path) -> bool:
    """Whether :func:`find_exported` looks for a network there."""
    return path.is_dir() or path.suffix == ".onnx"


def find_exported(path: Path, kind: str) -> tuple[Path, NetworkEntry]:
    """The ONNX file and the description of the network ``kind`` in a weights folder, or of the one whose file ``path``
    is, whatever its kind.

    Raises:
        WeightsError: a weights folder that cannot be read or does not hold it.
    """
    if path.is_dir():
        network = read_entry(path).network(kind)
        return path / network.file, network
    for network in read_entry(path.parent).networks.values():
        if network.file == path.name:
            return path, network
    raise WeightsError(f"{path}: expected the file of a network that {path.parent / 'entry.json'} names")


def exported_state(path: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of an exported ONNX file by their names in ``model``; those that ``model`` has in another shape are
    left out, weights that it lacks are not. Batch norms that were folded away are the identity times the scale that is
    taken out of the convolution: its filters get the length 1, for an optimiser's steps that suit all of them.

    Needs the extra ``train`` (onnx).

    Raises:
        WeightsError: not an ONNX file.
    """
    tensors = _read(path)
    own = model.state_dict()
    state = {n: t for n, t in tensors.items() if (own[n].shape == t.shape if n in own else n.endswith(".weight"))}
    for conv_name, conv, norm_name, norm in _convolutions_before_norms(model):
        weight, bias = state.get(f"{conv_name}.weight"), tensors.get(f"{conv_name}{_FOLDED_BIAS}")
        if weight is None or bias is None or f"{norm_name}.running_var" in state:
            continue
        filters = 1 if isinstance(conv, nn.ConvTranspose2d) else 0
        others = tuple(d for d in range(4) if d != filters)
        length = weight.square().sum(others, keepdim=True).sqrt().clamp(min=1e-12)
        state[f"{conv_name}.weight"] = weight / length
        state |= {
            f"{norm_name}.weight": length.flatten(),
            f"{norm_name}.bias": bias,
            f"{norm_name}.running_mean": torch.zeros_like(bias),
            f"{norm_name}.running_var": torch.full_like(bias, 1 - norm.eps),
        }
    return state


@torch.no_grad()
def settle_norms(task: Task, size: int, batches: int = 8) -> None:
    """Give every batch norm the mean and variance that the first ``batches`` of the task have there, and change its
    weight and bias such that the network computes what it did: only then do training and evaluation mode agree.

    Args:
        size: px of the inputs.
    """
    model = task.model
    sums: dict[nn.BatchNorm2d, list] = {m: [] for m in model.modules() if isinstance(m, nn.BatchNorm2d)}

    def keep(norm, arguments, _output) -> None:
        x = arguments[0].float()
        sums[norm].append((x.mean((0, 2, 3)), x.square().mean((0, 2, 3)), x.numel()))

    handles = [norm.register_forward_hook(keep) for norm in sums]
    training = model.training
    model.eval()
    try:
        for step in range(batches):
            task.loss(task.batch(step, size))
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    for norm, seen in sums.items():
        # Not seen: of frozen blocks, folded into their convolutions, where they answer alike in both modes.
        if not seen or norm.running_mean is None or norm.running_var is None:
            continue
        share = torch.tensor([n for *_, n in seen], dtype=torch.float32, device=norm.weight.device)
        share = (share / share.sum())[:, None]
        mean = (share * torch.stack([m for m, *_ in seen])).sum(0)
        variance = ((share * torch.stack([s for _, s, _ in seen])).sum(0) - mean.square()).clamp(min=0)
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        norm.bias.add_(slope * (mean - norm.running_mean))
        norm.weight.copy_(slope * (variance + norm.eps).sqrt())
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ImportError("starting from exported weights: pip install 'people3d[train]'") from error
    try:
        model = onnx.load(str(path), load_external_data=False)
        restore(model)
        arrays = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    except Exception as error:  # protobuf's own errors, and whatever a damaged tensor makes of numpy
        raise WeightsError(
            f"{path}: expected an ONNX file, it is damaged ({str(error).splitlines()[0][:200]})"
        ) from None
    out = {}
    for name, array in arrays.items():
        prefix = next((p for p in _PREFIXES if name.startswith(p)), None)
        if prefix is not None and np.issubdtype(array.dtype, np.floating):
            out[name.removeprefix(prefix)] = torch.from_numpy(array.astype(np.float32))
    return out


def _convolutions_before_norms(model: nn.Module) -> Iterator[tuple[str, nn.Module, str, nn.BatchNorm2d]]:
    """Name and module of each convolution in a ``Sequential`` and of the batch norm that follows it there."""
    for parent, sequence in model.named_modules():
        if not isinstance(sequence, nn.Sequential):
            continue
        named = list(sequence.named_children())
        for (a, conv), (b, norm) in itertools.pairwise(named):
            if isinstance(conv, nn.Conv2d | nn.ConvTranspose2d) and isinstance(norm, nn.BatchNorm2d):
                dot = f"{parent}." if parent else ""
                yield f"{dot}{a}", conv, f"{dot}{b}", norm
