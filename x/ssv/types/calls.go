package types

import (
	"bytes"
	"cmp"

	"cosmossdk.io/collections"
)

// CallAccountsPrefix of the accounts of RPC calls.
var CallAccountsPrefix = collections.NewPrefix(48)

func compareCalls(a, b CallAccount) int {
	return cmp.Or(
		cmp.Compare(a.Era, b.Era), bytes.Compare(rawAddress(a.Operator), rawAddress(b.Operator)), cmp.Compare(a.Contract, b.Contract),
	)
}
