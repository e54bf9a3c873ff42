// Package diannao models accelerators that are trees of multipliers, in the manner of
// DianNao: the plainest machine of the house, and the one to read first.
//
//	off-chip memory
//	  │ DMA            │ DMA                        ▲ DMA
//	  ▼                ▼                            │
//	NBin: inputs     SB: weights                  NBout: sums
//	  │ Ti words       │ Tn × Ti words               ▲ Tn words
//	  └──────┬─────────┘                             │
//	         ▼                                       │
//	       NFU-1 ──────▶ NFU-2 ──────────▶ NFU-3 ────┘
//	       Tn × Ti       Tn trees          rectifier,
//	       multipliers   of adders         table look-up
//
// On every edge Ti inputs meet the weights of Tn neurons, and each tree adds the Ti
// products of its neuron to a sum. A layer is cut into blocks: Tn filters, as many
// places of the result as NBout holds sums for, and as many channels as SB and NBin
// hold at a time. All channels of a block pass, turn by turn, before its sums leave.
// The two halves of each buffer take turns: one is loaded while the other is at work.
//
// Sources: [diannao-2014].
//
// Not modelled: sums of 16 bits, which the chip truncates (they take 16 bits of NBout
// here and carry 32); inputs that stay in NBin from one place of a window to the next
// load; instructions of the control processor; pooling by the NFU, which the post
// station does.
package diannao
