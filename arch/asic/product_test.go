package asic

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// TestOffset: the first word of a tile's filters, against the box that they lie in.
func TestOffset(t *testing.T) {
	for _, spec := range []string{"conv:c=6,h=5,w=4,k=8,r=3,s=2,groups=2", "gemm:m=3,n=8,k=6", "attention:batch=2,heads=2,seq=6,kv=6,dim=8"} {
		w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
		require.NoError(t, err)
		net, err := workloads.Prepare(w.Graph, workloads.Precision{Weight: workloads.Int8, Act: workloads.Int8}, func([]*workloads.Node, *workloads.Node) bool { return false })
		require.NoError(t, err)
		for _, l := range net.Layers {
			if workloads.ClassOf(l.Head().Op) != workloads.MatrixClass {
				continue
			}
			p := NewProduct(l)
			for group := range p.Space.Groups {
				for batch := range p.Space.Batch {
					tile := Tile{Batch: batch, Group: group, K0: 1, K1: 3, C0: 2, C1: 3}
					view, r := p.bBox(&tile)
					assert.Equal(t, offset(view, r), p.bOffset(&tile), "%s, %s", spec, l.Name)
				}
			}
		}
	}
}
