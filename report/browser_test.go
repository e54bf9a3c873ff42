package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
)

// browser starts a headless browser; without one installed the test is skipped.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser; run without -short")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("no chromium is installed; with one this test opens the pages in it (apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	return ctx
}

// complaints collects what a page says on the console, throws, or asks the network for.
type complaints struct {
	sync.Mutex
	list []string
}

func (c *complaints) hear(event any) {
	c.Lock()
	defer c.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		c.list = append(c.list, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		c.list = append(c.list, "exception: "+e.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		c.list = append(c.list, "log: "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "file" && u.Scheme != "data" {
			c.list = append(c.list, "asks the network for "+e.Request.URL)
		}
	}
}

func (c *complaints) heard() []string {
	c.Lock()
	defer c.Unlock()
	return c.list
}

// openPage writes a page to a file and opens it.
func openPage(t *testing.T, ctx context.Context, page string) *complaints {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
	c := &complaints{}
	require.NoError(t, chromedp.Listen(ctx, c.hear))
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1100, 900), chromedp.Navigate("file://"+path)))
	return c
}

// ask evaluates an expression on the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(t, err, expression)
	return v
}

// TestInABrowser opens a page of two runs and a sweep: nothing complains, what can
// be read is what the reports say, nothing runs out of the page, and both schemes
// can be read. With NNSIM_SCREENSHOTS set to a directory, pictures are left there.
func TestInABrowser(t *testing.T) {
	ctx := browser(t)
	runs := []*results.Run{read(t, "tiny.json"), read(t, "traffic.json")}
	c := openPage(t, ctx, drawn(t, designs(t), runs...))

	list := ask[[][4]string](t, ctx, `[...document.querySelectorAll("[data-path]")].map(e => [e.dataset.run, e.dataset.path, e.dataset.value, e.textContent])`)
	assert.Greater(t, len(list), 40)
	agree(t, list, runs)

	assert.Equal(t, "", ask[string](t, ctx, `[...document.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().height < 20).map(s => s.getAttribute("aria-label")).join()`), "pictures without height")
	assert.Equal(t, "", ask[string](t, ctx, outside), "words that run out of their picture")
	assert.Zero(t, ask[int](t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), "the page is wider than its window")

	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		require.NoError(t, err)
		assert.Greater(t, ask[float64](t, ctx, contrast), 7.0, "contrast of ink on paper, %s", scheme)
		keep(t, ctx, scheme)
	}
	assert.Empty(t, c.heard())
}

// outside lists words of pictures that are cut off at their picture's edge.
const outside = `[...document.querySelectorAll("svg text")].filter(e => {
	const a = e.getBoundingClientRect(), b = e.ownerSVGElement.getBoundingClientRect();
	return a.width && (a.left < b.left - 2 || a.right > b.right + 2 || a.top < b.top - 2 || a.bottom > b.bottom + 2);
}).map(e => e.textContent).join(" | ")`

// contrast is that of the text on its ground, as the WCAG define it.
const contrast = `(() => {
	const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const s = getComputedStyle(document.body), a = light(s.color), b = light(s.backgroundColor);
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
})()`

// keep leaves a picture of the whole page where one is wanted.
func keep(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("NNSIM_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

// TestBrushing drags along an axis: the designs that do not pass there fade, in both
// pictures, and come back when the axis is clicked.
func TestBrushing(t *testing.T) {
	ctx := browser(t)
	s := designs(t)
	c := openPage(t, ctx, drawn(t, s))
	ask[bool](t, ctx, `(document.getElementById("strands").scrollIntoView(), true)`)
	box := ask[[4]float64](t, ctx, `(r => [r.x, r.y, r.width, r.height])(document.querySelector('.handle[data-axis="0"]').getBoundingClientRect())`)
	x, top, bottom := box[0]+box[2]/2, box[1]+2, box[1]+box[3]/2
	require.NoError(t, chromedp.Do(ctx,
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, top, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, bottom, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, bottom, chromedp.ButtonLeft)))
	a, _ := s.axisOf(s.axes[0], 0, 1) // the upper half of the axis is kept
	want := 0
	for _, row := range s.rows {
		if a.at(number(row[s.axes[0]])) > 0.5 {
			want++
		}
	}
	kept := `document.querySelectorAll("#strands .strand:not(.off)").length`
	assert.Equal(t, want, ask[int](t, ctx, kept))
	assert.Less(t, want, len(s.rows))
	assert.Equal(t, want, ask[int](t, ctx, `document.querySelectorAll("circle[data-design]:not(.off)").length`))
	assert.Equal(t, fmt.Sprintf("%d of %d designs kept", want, len(s.rows)), ask[string](t, ctx, `document.getElementById("kept").textContent`))
	require.NoError(t, chromedp.Do(ctx, chromedp.MouseClickXY(x, bottom)))
	assert.Equal(t, len(s.rows), ask[int](t, ctx, kept))
	assert.Empty(t, c.heard())
}

// TestComplaintsAreHeard: the ear the other tests rely on hears.
func TestComplaintsAreHeard(t *testing.T) {
	ctx := browser(t)
	c := openPage(t, ctx, `<!DOCTYPE html><title>bad</title><img src="http://127.0.0.1:9/x.png"><script>console.error("no"); setTimeout(() => { throw new Error("thrown") }, 0)</script>`)
	assert.Eventually(t, func() bool { return strings.Contains(fmt.Sprint(c.heard()), "exception") }, 5*time.Second, 20*time.Millisecond)
	heard := fmt.Sprint(c.heard())
	assert.Contains(t, heard, "console.error")
	assert.Contains(t, heard, "exception")
	assert.Contains(t, heard, "asks the network for http://127.0.0.1:9/x.png")
}
