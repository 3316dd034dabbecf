package rpc

import "sync/atomic"

// meter counts calls since the start.
type meter struct{ plain, counted, refused atomic.Uint64 }

func (*meter) add(figure *atomic.Uint64) { figure.Add(1) }

// Meter is how many calls were served without and with a counted receipt, and refused, since the start.
type Meter struct{ Plain, Counted, Refused uint64 }

func (m *meter) read() Meter {
	return Meter{Plain: m.plain.Load(), Counted: m.counted.Load(), Refused: m.refused.Load()}
}
