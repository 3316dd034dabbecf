package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestOnlyTheAuthorityDeploysUpdatesHaltsAndSetsParameters(t *testing.T) {
	f := newFixture(t)
	who := userText("mallory")
	_, err := f.msg.DeployContract(f.ctx, &types.MsgDeployContract{Authority: who, Contract: contract()})
	require.ErrorIs(t, err, sdkerrors.ErrUnauthorized)
	f.deploy()
	c, err := f.keeper.Contract(f.ctx, 1)
	require.NoError(t, err)
	_, err = f.msg.UpdateContract(f.ctx, &types.MsgUpdateContract{Authority: who, Contract: c})
	require.ErrorIs(t, err, sdkerrors.ErrUnauthorized)
	_, err = f.msg.SetHalts(f.ctx, &types.MsgSetHalts{Authority: who, Contract: 1})
	require.ErrorIs(t, err, sdkerrors.ErrUnauthorized)
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: who, Params: types.DefaultParams()})
	require.ErrorIs(t, err, sdkerrors.ErrUnauthorized)
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority()})
	require.ErrorIs(t, err, types.ErrInvalidParams)
	_, err = f.msg.SetHalts(f.ctx, &types.MsgSetHalts{Authority: authority(), Contract: 2})
	require.ErrorIs(t, err, types.ErrContractNotFound)
}

func TestADeployedContractHasMetadataAndNoOtherMayUseItsDenom(t *testing.T) {
	f := newFixture(t)
	require.Equal(t, uint64(1), f.deploy())
	metadata, found := f.bank.GetDenomMetaData(f.ctx, rtoken)
	require.True(t, found)
	require.Equal(t, banktypes.Metadata{
		Description: "StaFi rToken of ATOM on cosmoshub-4", Base: rtoken, Display: "rATOM", Name: "rATOM", Symbol: "rATOM",
		DenomUnits: []*banktypes.DenomUnit{{Denom: rtoken}, {Denom: "rATOM", Exponent: 6}},
	}, metadata)
	deploy := func(change func(*types.Contract)) error {
		c := contract()
		change(&c)
		_, err := f.msg.DeployContract(f.ctx, &types.MsgDeployContract{Authority: authority(), Contract: c})
		return err
	}
	err := deploy(func(*types.Contract) {})
	require.ErrorIs(t, err, types.ErrDenomInUse)
	require.ErrorContains(t, err, "ruatom is the rToken of contract 1")
	require.NoError(t, f.bank.MintCoins(f.ctx, minttypes.ModuleName, sdk.NewCoins(sdk.NewInt64Coin("ruosmo", 5))))
	err = deploy(func(c *types.Contract) { c.Denom, c.RtokenDenom = "uosmo", "ruosmo" })
	require.ErrorIs(t, err, types.ErrDenomInUse)
	require.ErrorContains(t, err, "ruosmo has a supply of 5, wanted none")
	require.ErrorIs(t, deploy(func(c *types.Contract) { c.Id = 4 }), types.ErrInvalidContract)
	err = deploy(func(c *types.Contract) { c.Tiers[0].Threshold = 2 })
	require.ErrorContains(t, err, "tier 0 is 2 of 4, wanted a threshold of at least 3")
	require.NoError(t, deploy(func(c *types.Contract) { c.Denom, c.RtokenDenom = "ibc/ABCDEF", "ruakt" }))
}

func TestAContractSaysWhereToDepositAndWhyItIsClosed(t *testing.T) {
	f := newFixture(t)
	f.deploy()
	info := func() types.ContractInfo {
		response, err := f.query.Contract(f.ctx, &types.QueryContractRequest{Id: 1})
		require.NoError(t, err)
		return response.Info
	}
	require.False(t, info().DepositsOpen)
	require.Equal(t, "the contract has no active vault yet", info().ClosedReason)
	require.Empty(t, info().DepositAddress)
	f.seat(f.candidates(0, 4), nil, 3)
	f.openAccount()
	require.Contains(t, info().ClosedReason, "fee reserve is 1, wanted at least 10000")
	require.Equal(t, f.vault(1).Address, info().DepositAddress)
	f.chain.deposit(1, staker("funder"), types.ReserveMemo, 10_000)
	f.observe()
	require.True(t, info().DepositsOpen)
}

func TestQueriesFindWhatIsThereAndSayWhatIsNot(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	unmatched := f.chain.deposit(1, staker("alice"), "", 5_000)
	f.observe()
	for range 3 {
		_, err := f.redeem("alice", 10_000, staker("bob"))
		require.NoError(t, err)
	}
	deposits, err := f.query.Deposits(f.ctx, &types.QueryDepositsRequest{Contract: 1, Status: types.DEPOSIT_STATUS_UNMATCHED})
	require.NoError(t, err)
	require.Len(t, deposits.Deposits, 1)
	require.Equal(t, unmatched, deposits.Deposits[0].TxHash)
	mine, err := f.query.Redemptions(f.ctx, &types.QueryRedemptionsRequest{Redeemer: userText("alice")})
	require.NoError(t, err)
	require.Len(t, mine.Redemptions, 3)
	none, err := f.query.Redemptions(f.ctx, &types.QueryRedemptionsRequest{Redeemer: userText("bob")})
	require.NoError(t, err)
	require.Empty(t, none.Redemptions)
	all, err := f.query.Redemptions(f.ctx, &types.QueryRedemptionsRequest{})
	require.NoError(t, err)
	require.Len(t, all.Redemptions, 3)
	contracts, err := f.query.Contracts(f.ctx, &types.QueryContractsRequest{})
	require.NoError(t, err)
	require.Len(t, contracts.Contracts, 1)
	f.block()
	batch, err := f.query.Batch(f.ctx, &types.QueryBatchRequest{Root: f.redemption(1).Redemption.Root})
	require.NoError(t, err)
	require.Len(t, batch.Batch.Items, 3)
	for name, ask := range map[string]func() error{
		"contract":   func() error { _, err := f.query.Contract(f.ctx, &types.QueryContractRequest{Id: 2}); return err },
		"redemption": func() error { _, err := f.query.Redemption(f.ctx, &types.QueryRedemptionRequest{Id: 9}); return err },
		"batch":      func() error { _, err := f.query.Batch(f.ctx, &types.QueryBatchRequest{Root: 9}); return err },
		"deposit": func() error {
			_, err := f.query.Deposit(f.ctx, &types.QueryDepositRequest{Contract: 1, TxHash: "00"})
			return err
		},
	} {
		require.Error(t, ask(), name)
	}
}
