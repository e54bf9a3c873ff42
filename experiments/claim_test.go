package experiments

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClaims: each claim that comes with the program says what the simulation says.
func TestClaims(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some twenty networks")
	}
	t.Chdir("..") // claims name files from the project's root, as its README does
	files, err := ClaimFiles([]string{"examples/claims"})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10)
	for _, path := range files {
		c, err := ReadClaim(path)
		require.NoError(t, err)
		assert.NotEmpty(t, c.Stated, path)
		assert.NotEmpty(t, c.Why, path)
		require.NoError(t, c.Decide(t.Context(), 2), path)
		assert.NoError(t, c.Surprise())
	}
}

const claimed = `claim: twice the rows are four times as fast
cases:
  four: {device: tiny-4x4, workload: "gemm:m=16,n=16,k=16"}
  eight: {device: tiny-4x4, workload: "gemm:m=16,n=16,k=16", set: {array.rows: 8}}
holds: [eight.seconds <= four.seconds / 4, eight.workload.macs == four.workload.macs]
verdict: fails
`

func claimOf(t *testing.T, text string) (*Claim, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claim.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return ReadClaim(path)
}

// TestDecide: the verdict is worked out of the reports, with the figures it stands on;
// one that the file does not expect is a failure.
func TestDecide(t *testing.T) {
	c, err := claimOf(t, claimed)
	require.NoError(t, err)
	require.NoError(t, c.Decide(t.Context(), 2))
	assert.Equal(t, "fails", c.Verdict())
	assert.False(t, c.Conditions[0].Holds)
	assert.True(t, c.Conditions[1].Holds)
	assert.Equal(t, float64(c.Cases[0].Run.Seconds), c.Conditions[0].Of["four.seconds"])
	assert.NoError(t, c.Surprise())
	c.Stated = "holds"
	assert.ErrorAs(t, c.Surprise(), new(Failure))

	var screen bytes.Buffer
	require.NoError(t, WriteClaims(&screen, []*Claim{c}))
	assert.Contains(t, screen.String(), "FAILS: twice the rows are four times as fast")
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"verdict":"fails"`)
}

// TestClaimRefuses: one line that says where and what would be right.
func TestClaimRefuses(t *testing.T) {
	replaced := func(from, to string) string {
		return string(bytes.ReplaceAll([]byte(claimed), []byte(from), []byte(to)))
	}
	for _, c := range []struct{ text, want string }{
		{"", "is empty"},
		{replaced("verdict: fails", "verdict: perhaps"), "claim.yaml:6: verdict: perhaps: write holds or fails"},
		{replaced("holds:", "hold:"), `did you mean "holds"`},
		{replaced("four.seconds / 4", "fore.seconds / 4"), `fore.seconds is no figure of a case; did you mean "four"`},
		{replaced("eight.seconds <=", "eight.seconds <"), ""},
		{replaced("four.seconds / 4", "four.seconds / / 4"), "holds"},
		{replaced("tiny-4x4, workload", "tiny-4x5, workload"), "cases.four: device"},
		{replaced("device: tiny-4x4, ", ""), "needs a device and a workload"},
		{replaced("array.rows: 8", "array.row: 8"), "array.row"},
		{"claim: x\nholds: [a.seconds < 1]\ncases:\n  a: {device: tiny-4x4, workload: \"gemm:m=1,n=1,k=1\"}\n", "at least two runs"},
	} {
		_, err := claimOf(t, c.text)
		if c.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, c.want)
	}
	_, err := ClaimFiles([]string{filepath.Join(t.TempDir(), "none")})
	assert.ErrorContains(t, err, "examples/claims")
}
