package types

import (
	"bytes"
	"slices"
)

// FrozenAt returns the height of the block of a freeze in which an operator was judged: at its end its weight was measured. It is 0 where the
// freeze did not come to the operator.
func FrozenAt(marks []FreezeMark, operator []byte) int64 {
	at := slices.IndexFunc(marks, func(mark FreezeMark) bool { return bytes.Compare(operator, mark.Operator) <= 0 })
	if at < 0 {
		return 0
	}
	return marks[at].Height
}
