"""For an operator's first elements along an axis: which inputs they depend on, and along which axis.

It knows the operators of exported encoders. Any other counts as needing all elements of all inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference

from model_code.training.exporting.passes.graph import attribute, producers

ELEMENTWISE = {"Cast", "Erf", "Gelu", "Identity", "Neg", "Not", "Relu", "Sigmoid", "Sqrt", "Tanh"}
BROADCASTING = {"Add", "Div", "Equal", "Mul", "Pow", "Sub"}
ALONG_LAST_AXIS = {"LayerNormalization", "Softmax"}
SMALL = 16  # elements: constants of at most so many can be indices, axes or shapes

# By an input's position: the axis along which its first elements suffice. Inputs that are needed whole, such as a bias,
# are absent.
InputAxes = dict[int, int]
Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass(frozen=True)
class GraphFacts:
    """A graph's tensors by name: small constants, shapes (0: a dynamic dimension) and producers."""

    constants: dict[str, Array]
    shapes: dict[str, list[int]]
    producers: dict[str, onnx.NodeProto]

    @classmethod
    def of(cls, model: onnx.ModelProto) -> GraphFacts:
        """Infer them from the model, which is not changed."""
        inferred = shape_inference.infer_shapes(model, data_prop=True).graph
        shapes = {
            each.name: [dimension.dim_value for dimension in each.type.tensor_type.shape.dim]
            for each in [*inferred.input, *inferred.value_info, *inferred.output]
            if each.type.tensor_type.HasField("shape")
        }
        stored = model.graph.initializer
        small = {each.name: numpy_helper.to_array(each) for each in stored if np.prod(each.dims) <= SMALL}
        shapes |= {each.name: list(each.dims) for each in stored}
        return cls(small, shapes, producers(model.graph))


def first_element_gather(node: onnx.NodeProto, facts: GraphFacts) -> InputAxes | None:
    """For a Gather of the first element of a computed tensor: the axis it gathers along. None for any other node."""
    index = facts.constants.get(node.input[1]) if node.op_type == "Gather" else None
    if index is None or index.size != 1 or index.item() != 0 or node.input[0] not in facts.producers:
        return None
    rank = len(facts.shapes.get(node.input[0], []))
    return {0: attribute(node, "axis", 0) % rank} if rank else None


def input_axes(node: onnx.NodeProto, axis: int, facts: GraphFacts) -> InputAxes | None:
    """What the first elements along ``axis`` of the node's output are computed from; None if that is not known."""
    shapes = [facts.shapes.get(name) for name in node.input]
    own = facts.shapes.get(node.output[0])
    if not own or shapes[0] is None:
        return None
    rank = len(own)
    match node.op_type:
        case kind if kind in ELEMENTWISE:
            return {0: axis}
        case kind if kind in BROADCASTING:
            return _broadcast(shapes, axis, rank)
        case kind if kind in ALONG_LAST_AXIS:
            last = attribute(node, "axis", -1) % rank
            return {0: axis} if axis < last == rank - 1 else None
        case "MatMul":
            return {0: axis} if axis == rank - 2 and len(shapes[0]) == rank else None
        case "Unsqueeze":
            return _unsqueezed(facts.constants.get(node.input[1]), axis, rank)
        case "Transpose":
            return {0: next(each.ints for each in node.attribute if each.name == "perm")[axis]}
        case "Reshape":
            # Splits or joins attention heads; batch and position stay in place.
            return {0: 1} if axis == 1 and _copied_dimensions(node, facts) >= 2 else None
    return None


def _broadcast(shapes: Iterable[list[int] | None], axis: int, rank: int) -> InputAxes | None:
    axes: InputAxes = {}
    for position, shape in enumerate(shapes):
        if shape is None:
            return None
        own = axis - (rank - len(shape))
        if own >= 0 and shape[own] != 1:
            axes[position] = own
    return axes


def _unsqueezed(added_axes: Array | None, axis: int, rank: int) -> InputAxes | None:
    if added_axes is None:
        return None
    added = {int(each) % rank for each in added_axes.ravel()}
    return None if axis in added else {0: axis - sum(each < axis for each in added)}


def _copied_dimensions(node: onnx.NodeProto, facts: GraphFacts) -> int:
    """How many leading dimensions a Reshape copies from the graph's input, in the form that torch's exporter writes."""
    shape = facts.producers.get(node.input[1])
    if shape is None or shape.op_type != "Concat":
        return 0
    copied = 0
    for name in shape.input:
        source = facts.producers.get(name)
        if source is None or source.op_type != "Shape" or attribute(source, "start", 0) != copied:
            break
        copied += 1
    return copied
