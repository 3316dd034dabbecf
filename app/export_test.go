package app_test

import (
	"encoding/json"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
)

// imported starts another chain from what this one exported, as its validators would.
func (c *chain) imported(exported servertypes.ExportedApp) *chain {
	c.t.Helper()
	other := &chain{t: c.t, app: newApp(), time: c.time, operators: c.operators, submitters: c.submitters, stakers: c.stakers}
	validators := make([]abci.ValidatorUpdate, 0, len(exported.Validators))
	for _, validator := range exported.Validators {
		validators = append(validators, cmttypes.TM2PB.NewValidatorUpdate(validator.PubKey, validator.Power))
	}
	other.validators = validators
	other.start(exported.AppState, exported.Height)
	return other
}

func (c *chain) export() servertypes.ExportedApp {
	c.t.Helper()
	exported, err := c.app.Export(false, nil)
	require.NoError(c.t, err)
	return exported
}

// exportUncommitted exports what InitChain made, ahead of the first block.
func (c *chain) exportUncommitted() []byte {
	c.t.Helper()
	ctx := c.app.NewContextLegacy(false, cmtproto.Header{ChainID: testChainID, Height: c.height, Time: c.time})
	state, err := c.app.Modules().ExportGenesis(ctx, c.app.Encoding().Codec)
	require.NoError(c.t, err)
	raw, err := json.MarshalIndent(state, "", "  ")
	require.NoError(c.t, err)
	return raw
}

// busy is a chain with a history: transfers, a delegation.
func busy(t *testing.T) *chain {
	t.Helper()
	c := newChain(t, 5)
	for i := range 4 {
		from, to := c.stakers[i%3], c.stakers[(i+1)%3]
		c.block(c.sign(from, send(sdk.AccAddress(from.PubKey().Address()), sdk.AccAddress(to.PubKey().Address()), 9)))
	}
	return c
}

func TestAnExportedChainStartsAgainAndExportsTheSame(t *testing.T) {
	c := busy(t)
	first := c.export()
	require.Equal(t, c.height+1, first.Height)

	other := c.imported(first)
	other.block()
	other.blocks(3)

	second := other.export()
	require.Len(t, second.Validators, len(first.Validators))
	require.Equal(t, first.Height+4, second.Height)
}

func TestImportAndExportWithoutABlockBetweenIsByteIdentical(t *testing.T) {
	c := busy(t)
	first := c.export()

	again := c.imported(first).exportUncommitted()

	require.Equal(t, string(first.AppState), string(again))
}

func TestTwoImportsGiveOneAppHash(t *testing.T) {
	c := busy(t)
	exported := c.export()
	one, two := c.imported(exported), c.imported(exported)
	one.blocks(3)
	two.blocks(3)
	require.Equal(t, one.appHash, two.appHash)
}

func TestZeroHeightIsRefused(t *testing.T) {
	_, err := newChain(t, 4).app.Export(true, nil)
	require.ErrorIs(t, err, app.ErrZeroHeight)
}
