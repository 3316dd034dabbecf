//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAUserOfTheOriginalChainPaysBySeveralMessagesOfOneTransaction(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, context.DeadlineExceeded)
	defer cancel()
	dir := t.TempDir()
	supervisor, err := NewSupervisor(dir, func(err error) { t.Error(err) })
	require.NoError(t, err)
	defer func() { require.NoError(t, supervisor.StopAll()) }()
	_, wasmd := DefaultBinaries(filepath.Join("..", ".."))
	chain, accounts, err := StartCounterparty(ctx, supervisor, wasmd, dir, nil, "staker")
	require.NoError(t, err)

	staker, first, second := accounts["staker"], chain.Fresh("first"), chain.Fresh("second")
	one, err := chain.Unsigned(ctx, staker, "bank send", staker.Address, first, chain.Coin(5))
	require.NoError(t, err)
	two, err := chain.Unsigned(ctx, staker, "bank multi-send", staker.Address, first, second, chain.Coin(7))
	require.NoError(t, err)
	receipt, err := chain.SendMessages(ctx, staker, "a memo", 400_000, one, two)
	require.NoError(t, err)
	require.NoError(t, receipt.Failed())
	got, err := chain.Balance(ctx, first)
	require.NoError(t, err)
	require.EqualValues(t, 12, got.Int64())
	left, err := chain.Balance(ctx, staker.Address)
	require.NoError(t, err)
	require.EqualValues(t, userFunds-19-receipt.Fee.Int64(), left.Int64())

	_, err = chain.Tx(ctx, staker, "bank send", staker.Address, first, chain.Coin(2*userFunds))
	require.ErrorContains(t, err, "insufficient funds")
}
