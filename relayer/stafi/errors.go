package stafi

import (
	"errors"
	"fmt"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

var (
	// ErrRefused: the chain refused the transaction, by simulation, by its mempool check or in a block.
	ErrRefused = errors.New("refused by the chain")
	// ErrNotDelivered: the node could not be reached, or did not take the transaction; nothing is known to have happened.
	ErrNotDelivered = errors.New("not delivered")
)

// RefusedError is the chain's answer by codespace and code; Log is for people only.
type RefusedError struct {
	Codespace string `json:"codespace"`
	Code      uint32 `json:"code"`
	Log       string `json:"log"`
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%v: codespace %q code %d: %s", ErrRefused, e.Codespace, e.Code, e.Log)
}

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *RefusedError) Unwrap() error { return ErrRefused }

// is tells whether the answer is a given error of the SDK's own registry.
func (e *RefusedError) is(want interface{ ABCICode() uint32 }) bool {
	return e.Codespace == sdkerrors.RootCodespace && e.Code == want.ABCICode()
}

// Is tells whether err is a refusal with the given codespace and code.
func Is(err error, codespace string, code uint32) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Codespace == codespace && refused.Code == code
}
