package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// shufflenets: version 1 with three groups, at scale 1.
var shufflenets = []model{{Info{Name: "shufflenet-v1", Family: "vision", Default: Options{Batch: 1, Image: 224},
	MACs: 140e6, Tolerance: 0.03,
	Source: "Zhang et al., CVPR 2018, tables 1 and 2 (1×, g = 3; the paper states complexity only)"}, buildShuffleNet}}

const shuffleGroups = 3

func buildShuffleNet(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := convBN(b, "conv1", picture(b, o), 24, workloads.Window{R: 3, Stride: 2, Pad: 1})
	x = b.MaxPool("maxpool", x, workloads.Window{R: 3, Stride: 2, Pad: 1})
	for stage, c := range []struct{ filters, repeat int }{{240, 4}, {480, 8}, {960, 4}} {
		for i := range c.repeat {
			groups := shuffleGroups
			if stage == 0 && i == 0 { // too few channels to group
				groups = 1
			}
			x = shuffleUnit(b, fmt.Sprintf("stage%d.%d", stage+2, i), x, c.filters, groups, i == 0)
		}
	}
	x = b.Flatten("flatten", b.GlobalAvgPool("avgpool", x))
	return []*workloads.Tensor{b.Linear("fc", x, 1000, 1, true)}
}

// shuffleUnit is figure 2 of the paper: (b) adds its input; (c), which halves the
// picture, joins the pooled input to the branch's channels instead.
func shuffleUnit(b *workloads.Builder, name string, x *workloads.Tensor, filters, groups int, halve bool) *workloads.Tensor {
	narrow, wide, stride := filters/4, filters, 1
	if halve {
		wide, stride = filters-b.Dim(x, 1), 2
	}
	y := convBN(b, name+".conv1", x, narrow, workloads.Window{R: 1, Groups: groups})
	y = channelShuffle(b, name+".shuffle", y, shuffleGroups)
	y = b.Conv(name+".dw", y, narrow, workloads.Window{R: 3, Stride: stride, Pad: 1, Groups: narrow, Gain: 1})
	y = b.BatchNorm(name+".dw.bn", y, 1)
	y = b.Conv(name+".conv2", y, wide, workloads.Window{R: 1, Groups: shuffleGroups, Gain: 1})
	y = b.BatchNorm(name+".conv2.bn", y, 1)
	if halve {
		y = b.Concat(name+".concat", 1, b.AvgPool(name+".pool", x, workloads.Window{R: 3, Stride: 2, Pad: 1}), y)
	} else {
		y = b.Add(name+".add", x, y)
	}
	return b.Relu(name+".relu", y)
}

// channelShuffle deals the channels of each group out to all groups: channels
// seen as a [groups, n] matrix, transposed, and read off again.
func channelShuffle(b *workloads.Builder, name string, x *workloads.Tensor, groups int) *workloads.Tensor {
	n, c, h, w := b.Dim(x, 0), b.Dim(x, 1), b.Dim(x, 2), b.Dim(x, 3)
	x = b.Reshape(name+".split", x, n, groups, c/groups, h, w)
	x = b.Transpose(name, x, 0, 2, 1, 3, 4)
	return b.Reshape(name+".join", x, n, c, h, w)
}
