package main

import (
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// bar is the progress bar on standard error; it draws nothing where that is not
// a terminal or quiet is asked for.
type bar struct {
	mu    sync.Mutex
	pool  *mpb.Progress
	line  *mpb.Bar
	parts [][2]int // done and total of each of several runs
}

func newBar(to io.Writer, quiet bool, what string) *bar {
	file, ok := to.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	pool := mpb.New(mpb.WithOutput(file), mpb.WithWidth(60))
	line := pool.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" "), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)))
	return &bar{pool: pool, line: line}
}

// progress says how much is done.
func (b *bar) progress(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.line != nil {
		b.line.SetTotal(int64(total), false)
		b.line.SetCurrent(int64(done))
	}
}

// part is the progress of the i-th of n runs that share the bar.
func (b *bar) part(i, n int) func(done, total int) {
	if b.parts == nil {
		b.parts = make([][2]int, n)
	}
	return func(done, total int) {
		b.mu.Lock()
		b.parts[i] = [2]int{done, total}
		var sum [2]int
		for _, p := range b.parts {
			sum[0], sum[1] = sum[0]+p[0], sum[1]+p[1]
		}
		b.mu.Unlock()
		b.progress(sum[0], sum[1])
	}
}

// done takes the bar off the screen.
func (b *bar) done() {
	if b.pool != nil {
		b.line.Abort(true)
		b.pool.Wait()
	}
}
