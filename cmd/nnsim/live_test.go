package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLive: a run says where its units can be watched, they are there, and the page
// stays until the user leaves. The monitor writes to the program's own standard error.
func TestLive(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	real := os.Stderr
	os.Stderr = write
	defer func() { os.Stderr = real }()

	ctx, leave := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	code := make(chan int)
	go func() {
		code <- execute(ctx, strings.Fields("run gemm:m=16,n=16,k=16 --device tiny-4x4 --live --quiet"), &out, &errs)
	}()
	line := make([]byte, 200)
	n, err := read.Read(line)
	require.NoError(t, err)
	url := regexp.MustCompile(`http://localhost:\d+`).FindString(string(line[:n]))
	require.NotEmpty(t, url, "%s", line[:n])

	client := http.Client{Timeout: 10 * time.Second}
	seen := ""
	require.Eventually(t, func() bool {
		answer, err := client.Get(url + "/api/list_components")
		if err != nil {
			return false
		}
		defer answer.Body.Close() //nolint:errcheck // read only
		text, err := io.ReadAll(answer.Body)
		seen = string(text)
		return err == nil && strings.Contains(seen, "Vector")
	}, 30*time.Second, 10*time.Millisecond, "the units are listed")
	assert.Contains(t, seen, `"Array"`)

	leave()
	assert.Zero(t, <-code)
	assert.Contains(t, out.String(), "checked: 256 elements")
	assert.Contains(t, errs.String(), "until Ctrl-C")
}
