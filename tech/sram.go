package tech

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"nnsim/unit"
)

// sweep is CACTI's answer for a memory with one port and one bank, high-performance
// cells at 350 K, over node, width and capacity.
//
//go:embed sram.csv
var sweep string

// macro is one row of the sweep, or what is interpolated from it.
type macro struct{ read, write, leakage, area float64 } // pJ an access, mW, mm²

// sweepRows reads the embedded table once: node → width in bits → capacities and macros.
var sweepRows = sync.OnceValue(func() map[int]map[int]*curve {
	rows, err := csv.NewReader(strings.NewReader(sweep)).ReadAll()
	if err != nil {
		panic("tech: the embedded SRAM table is damaged: " + err.Error())
	}
	table := map[int]map[int]*curve{}
	for _, row := range rows[1:] {
		v := make([]float64, 7)
		for i := range v {
			v[i], _ = strconv.ParseFloat(row[i], 64)
		}
		node, width := int(v[0]), int(v[1])
		if table[node] == nil {
			table[node] = map[int]*curve{}
		}
		if table[node][width] == nil {
			table[node][width] = &curve{}
		}
		c := table[node][width]
		c.capacity = append(c.capacity, v[2])
		c.macros = append(c.macros, macro{v[3], v[4], v[5], v[6]})
	}
	return table
})

// curve is macros of one node and width by ascending capacity.
type curve struct {
	capacity []float64
	macros   []macro
}

// at interpolates over capacity and goes on beyond the ends with the last slope.
func (c *curve) at(capacity float64) macro {
	i, _ := slices.BinarySearch(c.capacity, capacity)
	i = min(max(i, 1), len(c.capacity)-1)
	return mix(capacity, c.capacity[i-1], c.macros[i-1], c.capacity[i], c.macros[i])
}

// mix interpolates every figure of two macros on logarithmic axes.
func mix(x, x0 float64, a macro, x1 float64, b macro) macro {
	return macro{between(x, x0, a.read, x1, b.read), between(x, x0, a.write, x1, b.write),
		between(x, x0, a.leakage, x1, b.leakage), between(x, x0, a.area, x1, b.area)}
}

// widths are the access widths of the sweep, in bits.
var widths = []int{32, 64, 256}

// widest is the widest access of one array; wider ones are served by arrays side
// by side, each holding its share.
const widest = 256 / 8

// swept is the macro at a node of the sweep for an access of up to 256 bits. A
// narrower access than 32 bits reads a word of 32.
func swept(node int, capacity float64, bits int) macro {
	rows := sweepRows()[node]
	bits = max(bits, widths[0])
	i, exact := slices.BinarySearch(widths, bits)
	if exact {
		return rows[bits].at(capacity)
	}
	return mix(float64(bits), float64(widths[i-1]), rows[widths[i-1]].at(capacity), float64(widths[i]), rows[widths[i]].at(capacity))
}

// sweptNodes are the nodes of the sweep, ascending.
var sweptNodes = []int{22, 32, 45, 65}

// array is the macro at any node and its source. Leakage and area below 22 nm are
// not offered: the table of gate energies says nothing of them.
func array(node int, capacity float64, bits int) (macro, string) {
	i, exact := slices.BinarySearch(sweptNodes, node)
	switch {
	case exact:
		return swept(node, capacity, bits), "cacti-7"
	case i > 0 && i < len(sweptNodes):
		a, b := sweptNodes[i-1], sweptNodes[i]
		return mix(float64(node), float64(a), swept(a, capacity, bits), float64(b), swept(b, capacity, bits)), scaledFrom + "cacti-7"
	case i == 0:
		i = 1
	}
	from := sweptNodes[i-1]
	m, f := swept(from, capacity, bits), shrink(node, from)
	return macro{read: m.read * f, write: m.write * f}, scaledFrom + "cacti-7, stillmaker-2017"
}

// at7 is what is published of memories at 7 nm: pJ a bit over capacity. The first
// row is 3.8 pJ for 32 bits of 8 KB; the others are the local buffer and the
// common memory of a TPU v4i.
var at7 = []struct {
	capacity, read, write float64
	source                string
}{
	{8 << 10, 3.8 / 32, 3.8 / 32, "jouppi-2021"},
	{4 << 20, 0.249, 0.293, "accelforge-tpuv4i"},
	{128 << 20, 1.88, 2.36, "accelforge-tpuv4i"},
}

// published7 prices an access at 7 nm; energy a bit does not depend on its width there.
func published7(capacity float64, bits int) (macro, string) {
	i := 1
	if capacity > at7[1].capacity {
		i = 2
	}
	a, b, n := at7[i-1], at7[i], float64(bits)
	m := macro{read: n * between(capacity, a.capacity, a.read, b.capacity, b.read),
		write: n * between(capacity, a.capacity, a.write, b.capacity, b.write)}
	for _, p := range at7 {
		if p.capacity == capacity {
			return m, p.source
		}
	}
	return m, scaled(join(a.source, b.source))
}

// least and most bound the capacity of a memory that has a price.
const (
	least unit.Bytes = 64
	most  unit.Bytes = 1 << 30
)

func access(node int, capacity unit.Bytes, accessBytes int) (macro, string, error) {
	if err := checkNode(node); err != nil {
		return macro{}, "", err
	}
	if capacity < least || capacity > most {
		return macro{}, "", fmt.Errorf("tech: there is no price for an on-chip memory of %v; use %v to %v", capacity, least, most)
	}
	if accessBytes < 1 || unit.Bytes(accessBytes) > capacity {
		return macro{}, "", fmt.Errorf("tech: an access of %d bytes to a memory of %v has no price; use 1 to %d", accessBytes, capacity, int64(capacity))
	}
	if node <= lastOf {
		m, source := published7(float64(capacity), 8*accessBytes)
		if node < lastOf {
			f := shrink(node, lastOf)
			m, source = macro{read: m.read * f, write: m.write * f}, scaled(join(source, scaling(node, lastOf)))
		}
		return m, source, nil
	}
	side := math.Ceil(float64(accessBytes) / widest)
	m, source := array(node, float64(capacity)/side, int(math.Ceil(8*float64(accessBytes)/side)))
	m.read, m.write, m.leakage, m.area = m.read*side, m.write*side, m.leakage*side, m.area*side
	return m, source, nil
}

// SRAM is the energy of one read of so many bytes from an on-chip memory.
func SRAM(node int, capacity unit.Bytes, accessBytes int) (Price, error) {
	m, source, err := access(node, capacity, accessBytes)
	return Price{unit.Joules(m.read * picojoule), source}, err
}

// SRAMWrite is the energy of one write of so many bytes to an on-chip memory.
func SRAMWrite(node int, capacity unit.Bytes, accessBytes int) (Price, error) {
	m, source, err := access(node, capacity, accessBytes)
	return Price{unit.Joules(m.write * picojoule), source}, err
}

// SRAMStatic is the leakage at 350 K and the area of an on-chip memory that is
// accessed so many bytes at a time, at 22 to 65 nm.
func SRAMStatic(node int, capacity unit.Bytes, accessBytes int) (Power, unit.SquareMM, error) {
	m, source, err := access(node, capacity, accessBytes)
	if err == nil && (node < sweptNodes[0] || node > sweptNodes[len(sweptNodes)-1]) {
		err = fmt.Errorf("tech: leakage and area of memories are not known at %d nm; choose a node from 22 to 65 nm, or give the machine's idle power", node)
	}
	if err != nil {
		return Power{}, 0, err
	}
	return Power{unit.Watts(m.leakage / 1e3), source}, unit.SquareMM(m.area), nil
}
