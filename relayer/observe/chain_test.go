package observe

import (
	"context"
	stdmath "math"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// keeperClient proves whatever the real keepers have written.
type keeperClient struct {
	keepers
	err error
}

func (c keeperClient) VerifiedBlock(_ context.Context, height int64) (*lightclient.Block, error) {
	return &lightclient.Block{ChainID: testChainID, Height: height}, c.err
}

func (c keeperClient) VerifiedValue(_ context.Context, store string, key []byte, _ int64) ([]byte, error) {
	return c.raw(store, key), c.err
}

func TestALightChainReadsWhatItsClientProves(t *testing.T) {
	ctx := context.Background()
	k := newKeepers(t)
	holder := sdk.AccAddress("holder--------------")
	require.NoError(t, k.bank.MintCoins(k.ctx, "mint", coins(70)))
	require.NoError(t, k.bank.SendCoinsFromModuleToAccount(k.ctx, "mint", holder, coins(70)))
	chain := NewLightChain(keeperClient{keepers: k})

	block, err := chain.Block(ctx, 5)
	require.NoError(t, err)
	require.Equal(t, int64(5), block.Height)
	balance, err := chain.Balance(ctx, holder.String(), testDenom, 5)
	require.NoError(t, err)
	require.Equal(t, math.NewInt(70), balance)
	account, found, err := chain.Account(ctx, holder.String(), 5)
	require.NoError(t, err)
	require.True(t, found)
	require.True(t, account.Plain())
}

func TestALightChainPassesOnWhatItCantProve(t *testing.T) {
	ctx := context.Background()
	away := NewLightChain(keeperClient{keepers: newKeepers(t), err: lightclient.ErrNoSource})
	_, err := away.Block(ctx, 5)
	require.ErrorIs(t, err, lightclient.ErrNoSource)
	_, err = away.Balance(ctx, testAddress("a"), testDenom, 5)
	require.ErrorIs(t, err, lightclient.ErrNoSource)
	_, _, err = away.Account(ctx, testAddress("a"), 5)
	require.ErrorIs(t, err, lightclient.ErrNoSource)

	_, err = away.Balance(ctx, "nobody", testDenom, 5)
	require.ErrorIs(t, err, ErrInput)
	_, _, err = away.Account(ctx, "nobody", 5)
	require.ErrorIs(t, err, ErrInput)
	for _, height := range []uint64{stdmath.MaxInt64 + 1, stdmath.MaxUint64} {
		_, err = away.Block(ctx, height)
		require.ErrorIs(t, err, ErrInput)
		_, err = away.Balance(ctx, testAddress("a"), testDenom, height)
		require.ErrorIs(t, err, ErrInput)
	}
}
