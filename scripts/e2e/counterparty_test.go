//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAUserOfTheOriginalChainPaysBySeveralMessagesOfOneTransaction(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), startLimit, context.DeadlineExceeded)
	defer cancel()
	dir := t.TempDir()
	supervisor, err := NewSupervisor(dir, func(err error) { t.Error(err) })
	require.NoError(t, err)
	defer func() { require.NoError(t, supervisor.StopAll()) }()
	_, wasmd := DefaultBinaries(filepath.Join("..", ".."))
	chain, accounts, err := StartCounterparty(ctx, supervisor, CounterpartyConfig{Binary: wasmd, Dir: dir, Pace: MinPace, Users: []string{"staker"}})
	require.NoError(t, err)

	staker, first, second := accounts["staker"], chain.Fresh("first"), chain.Fresh("second")
	receipt, err := chain.SendMessages(ctx, staker, "a memo", 400_000,
		encode(bankSend(staker.Address, first, 5, chain.Denom)),
		encode(map[string]any{
			"@type":  "/cosmos.bank.v1beta1.MsgMultiSend",
			"inputs": []any{map[string]any{"address": staker.Address, "coins": coins(14, chain.Denom)}},
			"outputs": []any{
				map[string]any{"address": first, "coins": coins(7, chain.Denom)},
				map[string]any{"address": second, "coins": coins(7, chain.Denom)},
			},
		}))
	require.NoError(t, err)
	require.NoError(t, receipt.Failed())
	got, err := chain.Balance(ctx, first)
	require.NoError(t, err)
	require.EqualValues(t, 12, got.Int64())
	left, err := chain.Balance(ctx, staker.Address)
	require.NoError(t, err)
	require.EqualValues(t, userFunds-19-receipt.Fee.Int64(), left.Int64())

	byCommand, err := chain.Tx(ctx, staker, "bank send", staker.Address, first, chain.Coin(2))
	require.NoError(t, err, "the command line finds the key that was made here")
	require.Greater(t, byCommand.Height, receipt.Height)

	_, err = chain.Tx(ctx, staker, "bank send", staker.Address, first, chain.Coin(2*userFunds))
	require.ErrorContains(t, err, "insufficient funds")
	_, err = chain.SendMessages(ctx, staker, "", 0, encode(bankSend(staker.Address, first, 2*userFunds, chain.Denom)))
	require.ErrorContains(t, err, "insufficient funds")
}
