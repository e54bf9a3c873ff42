// Package stream times the stages of a streaming dataflow accelerator: every
// layer of a network is a piece of hardware of its own, and tokens (words of a
// few channels) flow from stage to stage through FIFOs with ready and valid.
//
//	source ─▶ window ─FIFO─▶ product ─FIFO─▶ widen ─FIFO─▶ window ─▶ … ─▶ sink
//	           line buffers    PE × SIMD      word width
//
// A stage is a timed core: it knows the recurrence that its registers and
// handshakes obey, so it computes in which cycle each token crosses each of its
// ports without stepping through the cycles between. A stage runs ahead of its
// neighbours as long as the cycles it depends on are known; where no stage can
// go on and work is left, the pipeline is deadlocked, and Run names the ring of
// stages that wait for each other. A stage that nothing can hold up promises to take its next
// tokens as they are offered, so that the one before it goes on without it. Between two frames a pipeline holds nothing but
// the cycles in which its registers and memories were last used (snapshot.go). Where
// all of them are by the same number of cycles later than a frame ago, as far as a
// later token can notice, the frames that follow repeat the last one, and are
// accounted for in one step.
//
// Cycles are counted from 1: a token that crosses a port in cycle t is in the
// register behind it in cycle t+1.
//
// Sources: the register-transfer code of [finn-rtllib] for the sliding window
// (default and parallel style), the matrix–vector unit (replay buffer, compute
// cores, output slice), the FIFO (Q_srl) and the data-width converter; [finn]
// for the order in which the other stages read and write.
//
// Not modelled: the reset, weights that arrive over a stream (they are taken to
// be always there), double-pumped compute, several pixels a token (MMV > 1),
// and the inner depth of pipelines that the tools make from C (Steps): those
// have the latency one gives them.
package stream
