package ethereumtx

import "errors"

var (
	// ErrTooDear: the base fee is above what the policy allows; the transaction waits.
	ErrTooDear = errors.New("gas is dearer than max_fee_per_gas allows")
	// ErrReverts: every node that answers says that the transaction would revert; it is not sent.
	ErrReverts = errors.New("transaction would revert")
	// ErrPoor: nodes say that the account can't pay for the transaction.
	ErrPoor = errors.New("account can't pay for the transaction")
	// ErrNoNode: no node answers.
	ErrNoNode = errors.New("no execution node answers")
	// ErrRefused: no node takes the transaction.
	ErrRefused = errors.New("no execution node takes the transaction")
)
