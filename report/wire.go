package report

import (
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of the trace format that are written, by message [perfetto].
const (
	tracePacket = 1

	packetTime       = 8
	packetSequence   = 10
	packetEvent      = 11
	packetInterned   = 12
	packetFlags      = 13
	packetDescriptor = 60

	trackUUID    = 1
	trackName    = 2
	trackParent  = 5
	trackCounter = 8
	trackOrder   = 11
	trackRank    = 12

	counterUnit = 6

	eventNotes   = 4
	eventType    = 9
	eventName    = 10
	eventTrack   = 11
	eventCounter = 44

	noteName = 1
	noteInt  = 4
	noteText = 6

	internedEvents = 2
	internedNotes  = 3
)

// Values of those fields.
const (
	typeBegin   = 1
	typeEnd     = 2
	typeCounter = 4

	stateCleared = 1 // the sequence begins: nothing is interned yet
	stateNeeded  = 2
	sequence     = 1
	orderGiven   = 3 // of the tracks inside: by their ranks
)

// message is a protobuf message being written.
type message []byte

func (m message) number(field protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

func (m message) text(field protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m message) double(field protowire.Number, v float64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, field, protowire.Fixed64Type), math.Float64bits(v))
}

func (m message) inside(field protowire.Number, inner message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), inner)
}

// note is a figure or a word that the viewer shows beside a slice.
type note struct {
	name  string
	value int64
	text  string // instead of the value, where it is not empty
}

// tape writes packets in one sequence; names are written once and then numbered.
type tape struct {
	to     io.Writer
	err    error
	tracks uint64
	events map[string]uint64
	notes  map[string]uint64
	fresh  message // interned names that the next packet carries
	begun  bool
}

func newTape(w io.Writer) *tape {
	return &tape{to: w, events: map[string]uint64{}, notes: map[string]uint64{}}
}

// packet writes one packet around its content.
func (t *tape) packet(content message) {
	flags := uint64(stateNeeded)
	if !t.begun {
		t.begun, flags = true, stateCleared|stateNeeded
	}
	content = content.number(packetSequence, sequence).number(packetFlags, flags)
	if len(t.fresh) > 0 {
		content, t.fresh = content.inside(packetInterned, t.fresh), nil
	}
	if t.err == nil {
		_, t.err = t.to.Write(message(nil).inside(tracePacket, content))
	}
}

// track writes the descriptor of a track and returns its number; parent 0: none.
func (t *tape) track(name string, parent uint64) uint64 {
	t.tracks++
	d := message(nil).number(trackUUID, t.tracks).text(trackName, name).number(trackRank, t.tracks)
	if parent == 0 {
		d = d.number(trackOrder, orderGiven)
	} else {
		d = d.number(trackParent, parent)
	}
	t.packet(message(nil).inside(packetDescriptor, d))
	return t.tracks
}

// counter writes the descriptor of a counter and returns its number.
func (t *tape) counter(name, unit string, parent uint64) uint64 {
	t.tracks++
	d := message(nil).number(trackUUID, t.tracks).text(trackName, name).number(trackParent, parent).number(trackRank, t.tracks)
	d = d.inside(trackCounter, message(nil).text(counterUnit, unit))
	t.packet(message(nil).inside(packetDescriptor, d))
	return t.tracks
}

// number is the number of a name; a new one is written with the next packet.
func (t *tape) number(known map[string]uint64, field protowire.Number, name string) uint64 {
	id, ok := known[name]
	if !ok {
		id = uint64(len(known) + 1)
		known[name] = id
		t.fresh = t.fresh.inside(field, message(nil).number(1, id).text(2, name))
	}
	return id
}

// slice writes a stretch from one time to another, in nanoseconds.
func (t *tape) slice(track uint64, name string, from, to uint64, notes ...note) {
	e := message(nil).number(eventType, typeBegin).number(eventTrack, track).number(eventName, t.number(t.events, internedEvents, name))
	for _, n := range notes {
		m := message(nil).number(noteName, t.number(t.notes, internedNotes, n.name))
		if n.text != "" {
			m = m.text(noteText, n.text)
		} else {
			m = m.number(noteInt, uint64(n.value))
		}
		e = e.inside(eventNotes, m)
	}
	t.packet(message(nil).number(packetTime, from).inside(packetEvent, e))
	t.packet(message(nil).number(packetTime, to).inside(packetEvent, message(nil).number(eventType, typeEnd).number(eventTrack, track)))
}

// count writes a counter's value from a time on.
func (t *tape) count(track uint64, at uint64, v float64) {
	e := message(nil).number(eventType, typeCounter).number(eventTrack, track).double(eventCounter, v)
	t.packet(message(nil).number(packetTime, at).inside(packetEvent, e))
}
