package reference

import "math"

// kernels is the table of operators, by ONNX name.
var kernels = map[string]kernel{
	// One element at a time.
	"Abs":  unary(math.Abs, func(v int64) int64 { return max(v, -v) }),
	"Neg":  unary(func(x float64) float64 { return -x }, func(v int64) int64 { return -v }),
	"Relu": unary(relu, func(v int64) int64 { return max(v, 0) }),
	"Sign": unary(sign, func(v int64) int64 { return min(max(v, -1), 1) }),
	"Sqrt": unary(math.Sqrt, nil), "Erf": unary(math.Erf, nil), "Exp": unary(math.Exp, nil), "Log": unary(math.Log, nil),
	"Reciprocal": unary(reciprocal, nil), "Ceil": unary(math.Ceil, nil), "Floor": unary(math.Floor, nil),
	"Round": unary(math.RoundToEven, nil), "Sin": unary(math.Sin, nil), "Cos": unary(math.Cos, nil), "Tan": unary(math.Tan, nil),
	"Asin": unary(math.Asin, nil), "Acos": unary(math.Acos, nil), "Atan": unary(math.Atan, nil),
	"Sinh": unary(math.Sinh, nil), "Cosh": unary(math.Cosh, nil), "Tanh": unary(math.Tanh, nil),
	"Sigmoid": unary(sigmoid, nil), "Softplus": unary(softplus, nil), "Softsign": unary(softsign, nil),
	"HardSwish": unary(hardSwish, nil), "Mish": unary(mish, nil), "IsNaN": unary(isNaN, nil), "IsInf": isInf,
	"LeakyRelu": function(leakyRelu), "Elu": function(elu), "Selu": function(selu), "Celu": function(celu),
	"HardSigmoid": function(hardSigmoid), "Swish": function(swish), "Gelu": function(gelu),
	"ThresholdedRelu": function(thresholdedRelu), "Shrink": function(shrink), "PRelu": pRelu, "Clip": clip,
	"Cast": cast, "CastLike": cast,

	// Two or more broadcast inputs.
	"Add": binary(add), "Sub": binary(sub), "Mul": binary(mul), "Div": divide, "Mod": modulo, "Pow": power,
	"Sum": variadic(add), "Max": variadic(greatest), "Min": variadic(least), "Mean": mean,
	"And": binary(arithmetic{whole: func(a, b int64) int64 { return a & b }}),
	"Or":  binary(arithmetic{whole: func(a, b int64) int64 { return a | b }}),
	"Xor": binary(arithmetic{whole: func(a, b int64) int64 { return a ^ b }}),
	"Not": not, "BitwiseNot": bitwiseNot, "Where": choose,
	"Less": compare(-1), "LessOrEqual": compare(-1, 0), "Equal": compare(0), "GreaterOrEqual": compare(0, 1), "Greater": compare(1),

	// Products.
	"Conv": matrixHead, "Gemm": matrixHead, "MatMul": matrixHead,
	"ConvInteger": integerHead, "MatMulInteger": integerHead, "QLinearConv": quantisedHead, "QLinearMatMul": quantisedHead,
	"Attention": attention, "RotaryEmbedding": rotary, "ConvTranspose": convTranspose,
	"RNN": recurrent, "GRU": recurrent, "LSTM": recurrent,

	// Windows, normalisation, quantisation.
	"MaxPool": maxPool, "AveragePool": averagePool, "LpPool": lpPool,
	"GlobalAveragePool": globalPool(globalAverage), "GlobalMaxPool": globalPool(globalMax), "GlobalLpPool": globalPool(globalLp),
	"BatchNormalization": batchNorm, "LayerNormalization": layerNorm, "RMSNormalization": rmsNorm,
	"InstanceNormalization": groupNorm, "GroupNormalization": groupNorm, "LRN": lrn,
	"MeanVarianceNormalization": meanVariance, "LpNormalization": lpNormalise,
	"Softmax": softmax(softmaxLine), "LogSoftmax": softmax(logSoftmaxLine), "Hardmax": softmax(hardmaxLine),
	"QuantizeLinear": quantizeLinear, "DequantizeLinear": dequantizeLinear, "DynamicQuantizeLinear": dynamicQuantizeLinear,

	// Moving data.
	"Reshape": reshaped, "Flatten": reshaped, "Squeeze": reshaped, "Unsqueeze": reshaped, "Identity": reshaped, "Dropout": dropout,
	"Transpose": transpose, "Concat": concat, "Split": split, "Slice": slice, "Pad": pad, "Gather": gather,
	"Expand": expand, "Tile": tileUp, "Resize": resize, "Upsample": resize, "DepthToSpace": blocks, "SpaceToDepth": blocks,

	// Reductions, and making tensors.
	"ReduceSum": reduce, "ReduceMean": reduce, "ReduceProd": reduce, "ReduceMax": reduce, "ReduceMin": reduce, "ReduceL1": reduce,
	"ReduceL2": reduce, "ReduceSumSquare": reduce, "ReduceLogSum": reduce, "ReduceLogSumExp": logSumExp,
	"ArgMax": arg(1), "ArgMin": arg(-1), "TopK": topK, "CumSum": cumSum,
	"Shape": shapeOf, "Size": sizeOf, "Constant": constant, "ConstantOfShape": constantOfShape,
}
