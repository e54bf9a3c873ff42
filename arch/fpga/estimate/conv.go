package estimate

import "fmt"

// Conv is a convolution layer as fpgaConvNet builds it.
type Conv struct {
	Rows, Cols, Channels, Filters    int64
	KH, KW, StrideH, StrideW         int64
	PadTop, PadBottom, PadLeft, PadR int64
	Groups                           int64
	In, Out, Fine                    int64 // parallel streams in and out of a group; products a cycle
}

// OutRows is the height of the result, OutCols its width.
func (c *Conv) OutRows() int64 { return (c.Rows+c.PadTop+c.PadBottom-c.KH)/c.StrideH + 1 }

// OutCols is the width of the result.
func (c *Conv) OutCols() int64 { return (c.Cols+c.PadLeft+c.PadR-c.KW)/c.StrideW + 1 }

// Validate refuses foldings that do not come out even.
func (c *Conv) Validate() error {
	switch {
	case c.In < 1 || c.Channels%c.In != 0:
		return fmt.Errorf("conv: %d streams in must divide the %d channels", c.In, c.Channels)
	case c.Out < 1 || c.Filters%(c.Out*c.Groups) != 0:
		return fmt.Errorf("conv: %d streams out must divide the %d filters of a group", c.Out, c.Filters/c.Groups)
	case c.Fine < 1 || c.KH*c.KW%c.Fine != 0:
		return fmt.Errorf("conv: fine %d must divide the window of %d×%d", c.Fine, c.KH, c.KW)
	}
	return nil
}

// Latency is fpgaConvNet's figure: the slower of multiplying and of bringing the padded image in.
func (c *Conv) Latency() int64 {
	multiply := c.OutRows() * c.OutCols() * (c.Channels * c.KH * c.KW / (c.Fine * c.In)) * (c.Filters / (c.Out * c.Groups))
	bring := (c.Rows + c.PadTop + c.PadBottom) * (c.Cols + c.PadLeft + c.PadR) * c.Channels / c.In
	return max(multiply, bring)
}
