package app_test

import (
	"context"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/stafiprotocol/stafid/app"
)

// signUnordered makes a transaction that carries no sequence and is good until timeout.
func (c *chain) signUnordered(key cryptotypes.PrivKey, timeout time.Time, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	config := c.app.Encoding().TxConfig
	builder := config.NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(200_000)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 1000)))
	builder.SetUnordered(true)
	builder.SetTimeoutTimestamp(timeout)
	unsigned := signing.SignatureV2{
		PubKey: key.PubKey(), Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
	}
	require.NoError(c.t, builder.SetSignatures(unsigned))
	address := sdk.AccAddress(key.PubKey().Address())
	signed, err := clienttx.SignWithPrivKey(context.Background(), signing.SignMode_SIGN_MODE_DIRECT, authsigning.SignerData{
		ChainID: testChainID, Address: address.String(), PubKey: key.PubKey(),
		AccountNumber: c.app.Account.GetAccount(c.context(), address).GetAccountNumber(),
	}, builder, key, config, 0)
	require.NoError(c.t, err)
	require.NoError(c.t, builder.SetSignatures(signed))
	raw, err := config.TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return raw
}

func TestUnorderedTransactionsOfOneKeyNeedNoSequence(t *testing.T) {
	c := newChain(t, 4)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())
	first := c.signUnordered(c.stakers[0], c.time.Add(time.Minute), send(from, to, 1))
	second := c.signUnordered(c.stakers[0], c.time.Add(2*time.Minute), send(from, to, 2))

	response := c.block(second, first)

	require.Zero(t, response.TxResults[0].Code, response.TxResults[0].Log)
	require.Zero(t, response.TxResults[1].Code, response.TxResults[1].Log)
}

func TestAnUnorderedTransactionRunsOnce(t *testing.T) {
	c := newChain(t, 4)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())
	tx := c.signUnordered(c.stakers[0], c.time.Add(time.Minute), send(from, to, 1))
	require.Zero(t, c.block(tx).TxResults[0].Code)

	replay := c.block(tx).TxResults[0]

	require.NotZero(t, replay.Code)
	require.Contains(t, replay.Log, "already used timeout")
}

func TestAnUnorderedTransactionMayWaitForTenMinutes(t *testing.T) {
	c := newChain(t, 4)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())

	late := c.block(c.signUnordered(c.stakers[0], c.time.Add(11*time.Minute), send(from, to, 1))).TxResults[0]

	require.NotZero(t, late.Code)
}

func TestANodeAsksForItsMinimumGasPrice(t *testing.T) {
	c := newChainOf(t, newApp(baseapp.SetMinGasPrices("1"+app.BondDenom)), 4)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())

	response, err := c.app.CheckTx(&abci.RequestCheckTx{Tx: c.sign(c.stakers[0], send(from, to, 1))})

	require.NoError(t, err)
	require.Equal(t, sdkerrors.ErrInsufficientFee.ABCICode(), response.Code)
}

func TestASequenceRunsOnce(t *testing.T) {
	c := newChain(t, 4)
	from, to := sdk.AccAddress(c.stakers[0].PubKey().Address()), sdk.AccAddress(c.stakers[1].PubKey().Address())
	tx := c.sign(c.stakers[0], send(from, to, 1))
	require.Zero(t, c.block(tx).TxResults[0].Code)
	require.Equal(t, sdkerrors.ErrWrongSequence.ABCICode(), c.block(tx).TxResults[0].Code)
}
