package report

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
)

// hostile is a run whose every name is a text of a stranger's.
func hostile(r *results.Run, text string) *results.Run {
	r.Workload.Name, r.Workload.DType, r.Device.Name = text, text, text
	r.Bound, r.PowerScope, r.Check.Status, r.Check.Mode = text, text, text, text
	r.Notes = []string{text}
	for i := range r.Layers {
		r.Layers[i].Name, r.Layers[i].Op, r.Layers[i].Mapping = text, text, text
	}
	r.Units[text], r.EnergyByUnit[text] = r.Units["array"], 1e-9
	return r
}

// shape lists the elements of a page and their attributes' names, sorted, without
// what is in them; the order of rows depends on names. The page is read as XML that
// forgives what HTML leaves open.
func shape(t testing.TB, page string) []string {
	t.Helper()
	_, body, ok := strings.Cut(page, "</head>")
	require.True(t, ok)
	d := xml.NewDecoder(strings.NewReader(strings.TrimSuffix(body, "</html>\n")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var list []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			slices.Sort(list)
			return list
		}
		require.NoError(t, err, "the page is torn")
		if e, ok := token.(xml.StartElement); ok {
			s := e.Name.Local
			for _, a := range e.Attr {
				s += " " + a.Name.Local
			}
			list = append(list, s)
		}
	}
}

// FuzzEscaping: whatever names a report holds, the page has the elements that one
// with plain names has, and no more.
func FuzzEscaping(f *testing.F) {
	for _, s := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='x`, `</title><b>`, `&lt;b&gt;`, `--><b>`, `]]>`, "\x00\n", `</text></svg><script>`, `%s%d`, "é†漢"} {
		f.Add(s)
	}
	plain := shape(f, drawn(f, nil, hostile(read(f, "tiny.json"), "plain")))
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 300 {
			t.Skip("reports are read from JSON, whose text is valid UTF-8")
		}
		r := read(t, "tiny.json")
		if _, taken := r.Units[text]; taken || text == "static" {
			t.Skip("a unit's name")
		}
		assert.Equal(t, plain, shape(t, legible(drawn(t, nil, hostile(r, text)))))
	})
}

// legible drops the control characters that HTML passes over and XML refuses.
func legible(page string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, page)
}
