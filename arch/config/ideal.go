package config

import "fmt"

// OrIdeal is embedded in the section of an off-chip memory that may also be given as
// one word, "memory: ideal": a memory that never stalls.
type OrIdeal struct{ ideal bool }

// SetScalar takes "ideal".
func (o *OrIdeal) SetScalar(text string) error {
	if text != "ideal" {
		return fmt.Errorf("memory is a section of keys, or the word ideal")
	}
	o.ideal = true
	return nil
}

// ScalarText is "ideal" for a memory given so.
func (o *OrIdeal) ScalarText() string {
	if o.ideal {
		return "ideal"
	}
	return ""
}

// Ideal tells whether the memory never stalls.
func (o *OrIdeal) Ideal() bool { return o.ideal }
