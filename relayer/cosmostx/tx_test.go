package cosmostx_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/stafiprotocol/stafid/relayer/cosmostx"
)

const prefix = "orig"

func sample(t *testing.T) (cosmostx.Tx, cosmostx.Signer, string) {
	t.Helper()
	key := secp256k1.GenPrivKeyFromSecret([]byte("sample"))
	from, err := bech32.ConvertAndEncode(prefix, key.PubKey().Address())
	require.NoError(t, err)
	tx := cosmostx.Tx{
		Messages: []proto.Message{&banktypes.MsgSend{FromAddress: from, ToAddress: from, Amount: sdk.NewCoins(sdk.NewInt64Coin("uorig", 5))}},
		Memo:     "memo", TimeoutHeight: 88, Fee: sdk.NewCoins(sdk.NewInt64Coin("uorig", 9)), Gas: 77,
	}
	return tx, cosmostx.Signer{ChainID: "origin-1", AccountNumber: 4, Sequence: 6, PubKey: key.PubKey(), Sign: key.Sign}, from
}

// verify lets the SDK's own decoder and signature verification judge the bytes.
func verify(t *testing.T, raw []byte, signer cosmostx.Signer, from string) authsigning.Tx {
	t.Helper()
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: txsigning.Options{
			AddressCodec: address.NewBech32Codec(prefix), ValidatorAddressCodec: address.NewBech32Codec(prefix + "valoper"),
		},
	})
	require.NoError(t, err)
	cryptocodec.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	config := authtx.NewTxConfig(codec.NewProtoCodec(registry), authtx.DefaultSignModes)
	decoded, err := config.TxDecoder()(raw)
	require.NoError(t, err)
	tx := decoded.(authsigning.Tx)
	signatures, err := tx.GetSignaturesV2()
	require.NoError(t, err)
	require.Len(t, signatures, 1)
	packed, err := codectypes.NewAnyWithValue(signer.PubKey)
	require.NoError(t, err)
	require.NoError(t, authsigning.VerifySignature(context.Background(), signer.PubKey, txsigning.SignerData{
		Address: from, ChainID: signer.ChainID, AccountNumber: signer.AccountNumber, Sequence: signatures[0].Sequence,
		PubKey: &anypb.Any{TypeUrl: packed.TypeUrl, Value: packed.Value},
	}, signatures[0].Data, config.SignModeHandler(), decoded.(authsigning.V2AdaptableTx).GetSigningTxData()))
	require.Equal(t, signing.SignMode_SIGN_MODE_DIRECT, signatures[0].Data.(*signing.SingleSignatureData).SignMode)
	return tx
}

func TestTheSDKDecodesAndVerifiesWhatIsSigned(t *testing.T) {
	tx, signer, from := sample(t)
	raw, err := cosmostx.Sign(tx, signer)
	require.NoError(t, err)
	decoded := verify(t, raw, signer, from)
	require.Equal(t, "memo", decoded.GetMemo())
	require.Equal(t, uint64(88), decoded.GetTimeoutHeight())
	require.Equal(t, uint64(77), decoded.GetGas())
	require.Equal(t, "9uorig", decoded.GetFee().String())
	require.False(t, decoded.GetUnordered())
	signatures, err := decoded.GetSignaturesV2()
	require.NoError(t, err)
	require.Equal(t, uint64(6), signatures[0].Sequence)
	require.Equal(t, sha256.Sum256(raw), cosmostx.Hash(raw))
}

func TestATimeoutMakesATransactionUnorderedWithoutASequence(t *testing.T) {
	tx, signer, from := sample(t)
	tx.Timeout = time.Unix(1_700_000_000, 123).UTC()
	raw, err := cosmostx.Sign(tx, signer)
	require.NoError(t, err)
	decoded := verify(t, raw, signer, from)
	require.True(t, decoded.GetUnordered())
	require.Equal(t, tx.Timeout, decoded.GetTimeoutTimeStamp())
	signatures, err := decoded.GetSignaturesV2()
	require.NoError(t, err)
	require.Zero(t, signatures[0].Sequence)
}

func TestTheSameTransactionIsTheSameBytes(t *testing.T) {
	tx, signer, _ := sample(t)
	first, err := cosmostx.Sign(tx, signer)
	require.NoError(t, err)
	second, err := cosmostx.Sign(tx, signer)
	require.NoError(t, err)
	require.Equal(t, first, second)
	unsigned, err := cosmostx.Unsigned(tx, signer)
	require.NoError(t, err)
	require.Less(t, len(unsigned), len(first))
}

func TestAKeyThatCannotSignIsAnError(t *testing.T) {
	tx, signer, _ := sample(t)
	locked := errors.New("locked")
	signer.Sign = func([]byte) ([]byte, error) { return nil, locked }
	_, err := cosmostx.Sign(tx, signer)
	require.ErrorIs(t, err, locked)
}
