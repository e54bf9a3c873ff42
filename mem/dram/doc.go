// Package dram is off-chip memory.
//
// Not modelled: much.
package dram
