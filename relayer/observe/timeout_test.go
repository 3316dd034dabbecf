package observe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

func TestAnAttemptPastItsTimeoutIsNoExecutionThoughItStandsBehindTheOneThatFailed(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.Ledger = math.NewInt(1000)
	s := newScene(t, vault)
	// The series of session 5 was given up when its timeout had passed; that of session 6 took its sequence over.
	dead := vault.payload(5, 3, output("a", 100))
	dead.TimeoutHeight = 10
	s.books.open(t, 5, 1, multisigtypes.PURPOSE_PAYOUT, dead)
	live := vault.payload(6, 3, output("b", 100))
	s.books.open(t, 6, 1, multisigtypes.PURPOSE_PAYOUT, live)
	// A chain looks at the timeout before the sequence, so whoever makes the block can put the dead one behind the other with another code.
	executed := failed(vault.sign(t, live, 0, 1, 2), 4)
	s.chain.add(11, executed, failed(vault.sign(t, dead, 0, 1, 2), 30))
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 990)
	o := s.derive(11)
	require.Len(t, o.Events, 1)
	require.Equal(t, uint64(6), o.Events[0].GetExecution().Session)
	require.Equal(t, executed.Hash[:], o.Events[0].GetExecution().TxHash)
}
