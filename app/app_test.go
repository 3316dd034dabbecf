package app_test

import (
	"encoding/json"
	"os"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func send(from, to sdk.AccAddress, amount int64) sdk.Msg {
	return banktypes.NewMsgSend(from, to, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, amount)))
}

func TestAChainStartsMovesMoneyAndKeepsItsValidators(t *testing.T) {
	c := newChain(t, 4)
	c.blocks(3)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())
	before := c.app.Bank.GetBalance(c.context(), to, app.BondDenom)

	response := c.block(c.sign(c.stakers[0], send(from, to, 5)))

	require.Zero(t, response.TxResults[0].Code, response.TxResults[0].Log)
	after := c.app.Bank.GetBalance(c.context(), to, app.BondDenom)
	require.Equal(t, int64(5), after.Sub(before).Amount.Int64())
	require.Len(t, c.next.Validators, 4)
}

func TestTheSameBlocksGiveTheSameAppHash(t *testing.T) {
	run := func() []byte {
		c := newChain(t, 4)
		for i := range 5 {
			from, to := c.stakers[i%3], c.stakers[(i+1)%3]
			c.block(c.sign(from, send(sdk.AccAddress(from.PubKey().Address()), sdk.AccAddress(to.PubKey().Address()), 7)))
		}
		return c.appHash
	}
	require.Equal(t, run(), run())
}

func TestDefaultGenesisIsValidAndInFIS(t *testing.T) {
	wired := newApp()
	cdc, state := wired.Encoding().Codec, wired.DefaultGenesis()
	require.NoError(t, wired.Basics().ValidateGenesis(cdc, wired.Encoding().TxConfig, state))

	staking, mint := stakingtypes.GenesisState{}, minttypes.GenesisState{}
	cdc.MustUnmarshalJSON(state[stakingtypes.ModuleName], &staking)
	cdc.MustUnmarshalJSON(state[minttypes.ModuleName], &mint)
	require.Equal(t, app.BondDenom, staking.Params.BondDenom)
	require.Equal(t, app.BondDenom, mint.Params.MintDenom)
	raw, err := json.Marshal(state[govtypes.ModuleName])
	require.NoError(t, err)
	require.NotContains(t, string(raw), "stake")
}

func TestOfTheModuleAccountsOnlyGovernanceTheTreasuryAndThePoolOfRefundsMayReceive(t *testing.T) {
	blocked := app.BlockedAddresses()
	require.Len(t, blocked, len(app.ModuleAccounts())-3)
	require.NotContains(t, blocked, app.Authority())
	require.NotContains(t, blocked, authtypes.NewModuleAddress(ssvtypes.TreasuryName).String())
	require.NotContains(t, blocked, authtypes.NewModuleAddress(ssvtypes.RefundPoolName).String())
}

func TestAnAppWithoutAHomeLeavesNothingOnDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	found, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, found)
}
