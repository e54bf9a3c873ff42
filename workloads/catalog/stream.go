package catalog

import (
	"fmt"
	"slices"
	"strings"

	"nnsim/unit"
)

// MemoryPatterns are the streams of requests that memories take.
func MemoryPatterns() []string {
	return []string{"seq", "mix21", "blk21", "rowconf", "random", "randmix21"}
}

// NetworkPatterns say to which node of an interconnect each node sends.
func NetworkPatterns() []string {
	return []string{"uniform", "bitcomp", "bitrev", "shuffle", "transpose", "tornado", "neighbor", "randperm", "diagonal",
		"asymmetric", "taper64", "hotspot"}
}

var stream = source{name: "stream", operator: true, about: "traffic alone, for memory and network presets: requests= or bytes= to a memory, rate= on a network", keys: []key{
	{name: "pattern", kind: oneOf(slices.Concat(MemoryPatterns(), NetworkPatterns())...), needed: true},
	{name: "requests", kind: count}, {name: "gap", kind: spacing, def: "0"}, {name: "bytes", kind: bytes}, {name: "burst", kind: bytes},
	{name: "within", kind: bytes}, {name: "stride", kind: count}, {name: "mode", kind: oneOf("read", "write", "copy")},
	{name: "rate", kind: fraction}, {name: "flits", kind: count, def: "1"}, {name: "hot", kind: whole, def: "0"},
	{name: "receivers", kind: count, def: "1"}, {name: "seed", kind: seed},
}, open: openStream}

func openStream(w *Workload, v values) error {
	s := &Stream{Pattern: v.text["pattern"], Requests: int64(v.int("requests")), Gap: v.number["gap"],
		Bytes: unit.Bytes(v.number["bytes"]), Burst: unit.Bytes(v.number["burst"]), Mode: v.text["mode"],
		Within: unit.Bytes(v.number["within"]), Stride: int64(v.int("stride"))}
	check := s.memory
	if slices.Contains(NetworkPatterns(), s.Pattern) {
		s.Rate, s.Flits, s.Hot, s.Receivers, s.Seed = v.number["rate"], v.int("flits"), v.int("hot"), v.int("receivers"), w.Seed
		check = s.network
	}
	if err := check(v); err != nil {
		return err
	}
	w.Stream = s
	return nil
}

// memory refuses what makes no traffic for a memory.
func (s *Stream) memory(v values) error {
	switch {
	case s.Requests == 0 && s.Bytes == 0:
		return fmt.Errorf("missing requests= or bytes=")
	case s.Requests > 0 && s.Bytes > 0:
		return fmt.Errorf("requests=%d and bytes=%d exclude each other; give one", s.Requests, s.Bytes)
	case s.Burst > 0 && s.Bytes == 0:
		return fmt.Errorf("burst=%d is the size of a transfer of bytes=; with requests= the memory's own burst is meant", s.Burst)
	case s.Burst > s.Bytes:
		return fmt.Errorf("burst=%d is larger than bytes=%d", s.Burst, s.Bytes)
	case s.Within > 0 && s.Bytes > 0:
		return fmt.Errorf("within=%d is what requests= lie in; bytes= says itself how much there is", s.Within)
	case s.Mode != "" && s.Bytes == 0:
		return fmt.Errorf("mode=%s is the direction of bytes=; with requests= the pattern says it", s.Mode)
	case s.Bytes > 0 && s.Gap > 0:
		return fmt.Errorf("gap=%g is between the requests of requests=; bytes= moves as fast as the memory takes it", s.Gap)
	}
	return v.only(s.Pattern, "a memory", "pattern", "requests", "gap", "bytes", "burst", "within", "stride", "mode")
}

// network refuses what makes no traffic for an interconnect.
func (s *Stream) network(v values) error {
	if _, given := v.text["rate"]; !given || s.Rate == 0 {
		return fmt.Errorf("missing rate=, the flits every node of a network offers a cycle, above 0 and up to 1")
	}
	if _, given := v.text["hot"]; given && s.Pattern != "hotspot" {
		return fmt.Errorf("hot=%d is the node that pattern=hotspot sends to; leave it out", s.Hot)
	}
	if s.Receivers > 1 && s.Pattern != "uniform" {
		return fmt.Errorf("receivers=%d draws so many nodes for each packet, as pattern=uniform does; pattern=%s says where packets go", s.Receivers, s.Pattern)
	}
	return v.only(s.Pattern, "a network", "pattern", "rate", "flits", "hot", "receivers", "seed")
}

// only refuses keys that mean nothing to what a pattern is for.
func (v values) only(pattern, device string, names ...string) error {
	for _, k := range v.keys {
		if text, given := v.text[k.name]; given && !slices.Contains(names, k.name) {
			return fmt.Errorf("%s=%s means nothing to %s, which pattern=%s is for; it takes %s", k.name, text, device, pattern, strings.Join(names[1:], ", "))
		}
	}
	return nil
}
