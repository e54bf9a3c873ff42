package workloads

// rules is the table of operators. A family shares a line's function.
var rules = map[string]rule{
	// Windows.
	"Conv":              {"T T T?", "f", 1, inferConv},
	"ConvTranspose":     {"T T T?", "f", 1, inferConvTranspose},
	"ConvInteger":       {"8 8 8? 8?", "", 1, inferConvInteger},
	"QLinearConv":       {"8 F 8 8 F 8 F 8 N?", "", 1, inferQLinearConv},
	"MaxPool":           {"T", "fiu", 2, inferPool},
	"AveragePool":       {"T", "f", 1, inferPool},
	"LpPool":            {"T", "f", 1, inferPool},
	"GlobalAveragePool": {"T", "f", 1, inferGlobalPool},
	"GlobalMaxPool":     {"T", "f", 1, inferGlobalPool},
	"GlobalLpPool":      {"T", "f", 1, inferGlobalPool},

	// Products.
	"Gemm":            {"T T T?", "fiu", 1, inferGemm},
	"MatMul":          {"T T", "fiu", 1, inferMatMul},
	"MatMulInteger":   {"8 8 8? 8?", "", 1, inferMatMulInteger},
	"QLinearMatMul":   {"Q F Q Q F Q F Q", "", 1, inferQLinearMatMul},
	"Attention":       {"T T T A? T? T? I?", "f", 4, inferAttention},
	"RotaryEmbedding": {"T T T I?", "f", 1, inferRotary},
	"RNN":             {"T T T T? N? T?", "f", 2, recurrent(1)},
	"GRU":             {"T T T T? N? T?", "f", 2, recurrent(3)},
	"LSTM":            {"T T T T? N? T? T? T?", "f", 3, recurrent(4)},

	// One element at a time.
	"Abs": same("fiu"), "Acos": same("f"), "Asin": same("f"), "Atan": same("f"), "BitwiseNot": same("iu"),
	"Ceil": same("f"), "Celu": same("f"), "Cos": same("f"), "Cosh": same("f"), "Elu": same("f"), "Erf": same("fiu"),
	"Exp": same("f"), "Floor": same("f"), "Gelu": same("f"), "HardSigmoid": same("f"), "HardSwish": same("f"),
	"Identity": same("fiub"), "LeakyRelu": same("f"), "Log": same("f"), "Mish": same("f"), "Neg": same("fi"),
	"Not": same("b"), "Reciprocal": same("f"), "Relu": same("fi"), "Round": same("f"), "Selu": same("f"),
	"Shrink": same("fiu"), "Sigmoid": same("f"), "Sign": same("fiu"), "Sin": same("f"), "Sinh": same("f"),
	"Softplus": same("f"), "Softsign": same("f"), "Sqrt": same("f"), "Swish": same("f"), "Tan": same("f"),
	"Tanh": same("f"), "ThresholdedRelu": same("f"), "LRN": same("f"),
	"Clip":           {"T T? T?", "fiu", 1, inferClip},
	"Cast":           {"A", "", 1, inferCast},
	"CastLike":       {"A A", "", 1, inferCastLike},
	"Dropout":        {"T F? B?", "f", 2, inferDropout},
	"IsNaN":          {"T", "f", 1, inferCompare},
	"IsInf":          {"T", "f", 1, inferCompare},
	"PRelu":          {"T T", "fiu", 1, inferOneWay},
	"Add":            broadcast("T T", "fiu"),
	"Sub":            broadcast("T T", "fiu"),
	"Mul":            broadcast("T T", "fiu"),
	"Div":            broadcast("T T", "fiu"),
	"Mod":            broadcast("T T", "fiu"),
	"Pow":            broadcast("T A", "fi"),
	"And":            broadcast("T T", "b"),
	"Or":             broadcast("T T", "b"),
	"Xor":            broadcast("T T", "b"),
	"Sum":            broadcast("T*", "f"),
	"Mean":           broadcast("T*", "f"),
	"Max":            broadcast("T*", "fiu"),
	"Min":            broadcast("T*", "fiu"),
	"Where":          {"B T T", "fiub", 1, inferWhere},
	"Equal":          {"T T", "fiub", 1, inferCompare},
	"Less":           {"T T", "fiu", 1, inferCompare},
	"Greater":        {"T T", "fiu", 1, inferCompare},
	"LessOrEqual":    {"T T", "fiu", 1, inferCompare},
	"GreaterOrEqual": {"T T", "fiu", 1, inferCompare},

	// Normalisation and quantisation.
	"BatchNormalization":        {"T F F F F", "f", 5, inferBatchNorm},
	"InstanceNormalization":     {"T T T", "f", 1, inferChannelNorm},
	"GroupNormalization":        {"T T T", "f", 1, inferChannelNorm},
	"LayerNormalization":        {"T T T?", "f", 3, inferLayerNorm},
	"RMSNormalization":          {"F F", "", 1, inferLayerNorm},
	"MeanVarianceNormalization": {"T", "f", 1, inferMeanVariance},
	"LpNormalization":           {"T", "f", 1, inferAlongAxis},
	"Softmax":                   {"T", "f", 1, inferAlongAxis},
	"LogSoftmax":                {"T", "f", 1, inferAlongAxis},
	"Hardmax":                   {"T", "f", 1, inferAlongAxis},
	"QuantizeLinear":            {"X F Q?", "", 1, inferQuantize},
	"DequantizeLinear":          {"Q F Q?", "", 1, inferDequantize},
	"DynamicQuantizeLinear":     {"T", "f", 3, inferDynamicQuantize},

	// Moving data.
	"Reshape":      {"A I", "", 1, inferReshape},
	"Flatten":      {"A", "", 1, inferFlatten},
	"Transpose":    {"A", "", 1, inferTranspose},
	"Squeeze":      {"A I?", "", 1, inferSqueeze},
	"Unsqueeze":    {"A I?", "", 1, inferUnsqueeze},
	"Concat":       {"T*", "fiub", 1, inferConcat},
	"Split":        {"A I?", "", -1, inferSplit},
	"Slice":        {"A N? N? N? N?", "", 1, inferSlice},
	"Pad":          {"T I? T? N?", "fiub", 1, inferPad},
	"Gather":       {"A N", "", 1, inferGather},
	"Expand":       {"A I", "", 1, inferExpand},
	"Tile":         {"A I", "", 1, inferTile},
	"DepthToSpace": {"A", "", 1, inferBlocks},
	"SpaceToDepth": {"A", "", 1, inferBlocks},

	// Reductions, and making tensors.
	"ReduceMean": reduce("fiu"), "ReduceSum": reduce("fiu"), "ReduceMax": reduce("fiub"), "ReduceMin": reduce("fiub"),
	"ReduceProd": reduce("fiu"), "ReduceL1": reduce("fiu"), "ReduceL2": reduce("fiu"), "ReduceLogSum": reduce("fiu"),
	"ReduceLogSumExp": reduce("fiu"), "ReduceSumSquare": reduce("fiu"),
	"ArgMax":          {"T", "fiu", 1, inferArg},
	"ArgMin":          {"T", "fiu", 1, inferArg},
	"CumSum":          {"T N", "fiu", 1, inferCumSum},
	"TopK":            {"T I?", "fiu", 2, inferTopK},
	"Shape":           {"A", "", 1, inferShape},
	"Size":            {"A", "", 1, inferSize},
	"Constant":        {"", "", 1, inferConstant},
	"ConstantOfShape": {"I", "", 1, inferConstantOfShape},
}

// same is the rule of an operator on single elements, broadcast of one on several
// inputs, reduce of a reduction.
func same(kinds string) rule             { return rule{"T", kinds, 1, inferSame} }
func broadcast(takes, kinds string) rule { return rule{takes, kinds, 1, inferBroadcast} }
func reduce(kinds string) rule           { return rule{"T I?", kinds, 1, inferReduce} }
