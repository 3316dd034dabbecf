package cosmos_test

import (
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectestutil "github.com/cosmos/cosmos-sdk/codec/testutil"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/std"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// chain is an original chain as the SDK makes it: its codec, its accounts and bank, and its ante handler.
type chain struct {
	ctx      sdk.Context
	txConfig client.TxConfig
	accounts authkeeper.AccountKeeper
	bank     bankkeeper.BaseKeeper
	ante     sdk.AnteHandler
}

func newChain(t testing.TB, chainID string) chain {
	t.Helper()
	registry := codectestutil.CodecOptions{}.NewInterfaceRegistry()
	std.RegisterInterfaces(registry)
	authtypes.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey)
	ctx := testutil.DefaultContextWithKeys(keys, nil, nil).
		WithBlockHeader(cmtproto.Header{ChainID: chainID, Height: 100}).WithChainID(chainID)
	authority := authtypes.NewModuleAddress("gov").String()
	c := chain{ctx: ctx, txConfig: authtx.NewTxConfig(cdc, authtx.DefaultSignModes)}
	c.accounts = authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{"minter": {authtypes.Minter}, authtypes.FeeCollectorName: nil},
		address.NewBech32Codec("cosmos"), "cosmos", authority)
	c.bank = bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]), c.accounts, nil, authority, log.NewNopLogger())
	require.NoError(t, c.accounts.Params.Set(ctx, authtypes.DefaultParams()))
	require.NoError(t, c.bank.SetParams(ctx, banktypes.DefaultParams()))
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper: c.accounts, BankKeeper: c.bank, SignModeHandler: c.txConfig.SignModeHandler(),
		SigGasConsumer: ante.DefaultSigVerificationGasConsumer,
	})
	require.NoError(t, err)
	c.ante = handler
	return c
}

// fund makes a plain account of the vault's address with a number and a sequence, and coins, but without a public key.
func (c chain) fund(t testing.TB, bech32 string, number, sequence uint64, amount int64) {
	t.Helper()
	bz := sdk.MustAccAddressFromBech32(bech32)
	coins := sdk.NewCoins(sdk.NewInt64Coin("uatom", amount))
	require.NoError(t, c.bank.MintCoins(c.ctx, "minter", coins))
	require.NoError(t, c.bank.SendCoinsFromModuleToAccount(c.ctx, "minter", bz, coins))
	c.accounts.SetAccount(c.ctx, authtypes.NewBaseAccount(bz, nil, number, sequence))
}

// deliver decodes a transaction and runs the ante handler and its messages on it.
func (c chain) deliver(t testing.TB, txBytes []byte) error {
	t.Helper()
	tx, err := c.txConfig.TxDecoder()(txBytes)
	require.NoError(t, err)
	ctx, err := c.ante(c.ctx.WithTxBytes(txBytes), tx, false)
	if err != nil {
		return err
	}
	server := bankkeeper.NewMsgServerImpl(c.bank)
	for _, msg := range tx.GetMsgs() {
		switch msg := msg.(type) {
		case *banktypes.MsgSend:
			_, err = server.Send(ctx, msg)
		case *banktypes.MsgMultiSend:
			_, err = server.MultiSend(ctx, msg)
		default:
			t.Fatalf("message %T", msg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c chain) balance(bech32 string) math.Int {
	return c.bank.GetBalance(c.ctx, sdk.MustAccAddressFromBech32(bech32), "uatom").Amount
}
