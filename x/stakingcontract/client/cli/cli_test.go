package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/client/cli"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	thisChain = "stafi-1"
	recipient = "stafi1recipient"
)

var hash = bytes.Repeat([]byte{0xab}, 32)

// chain answers for a contract with one UNMATCHED deposit.
type chain struct {
	types.QueryClient
	contract types.Contract
	sender   string
}

func (c chain) Contract(_ context.Context, _ *types.QueryContractRequest, _ ...grpc.CallOption) (*types.QueryContractResponse, error) {
	return &types.QueryContractResponse{Info: types.ContractInfo{Contract: c.contract}}, nil
}

func (c chain) ClaimText(_ context.Context, req *types.QueryClaimTextRequest, _ ...grpc.CallOption) (*types.QueryClaimTextResponse, error) {
	raw, err := hex.DecodeString(req.TxHash)
	text := claim.Deposit{ChainID: thisChain, Contract: req.Contract, TxHash: raw, Index: req.Index, Recipient: req.Recipient}.Text()
	return &types.QueryClaimTextResponse{Signer: c.sender, Text: text}, err
}

func address(t *testing.T, key cryptotypes.PubKey) string {
	t.Helper()
	text, err := bech32.ConvertAndEncode("cosmos", key.Address())
	require.NoError(t, err)
	return text
}

func member(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

func written(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// signed is a file with what a wallet answers to signArbitrary.
func signed(t *testing.T, name, text string) string {
	t.Helper()
	key := member(name)
	document, err := claim.SignBytes(text, address(t, key.PubKey()))
	require.NoError(t, err)
	signature, err := key.Sign(document)
	require.NoError(t, err)
	encode := base64.StdEncoding.EncodeToString
	return written(t, fmt.Sprintf(`{"pub_key": {"type": "tendermint/PubKeySecp256k1", "value": %q}, "signature": %q}`,
		encode(key.PubKey().Bytes()), encode(signature)))
}

// treasury is two of three, its key as a node prints it, and a command on a chain where it sent a deposit.
func treasury(t *testing.T) (combiner cli.Combiner, keyFile string) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	key := multisig.NewLegacyAminoPubKey(2, []cryptotypes.PubKey{member("alice").PubKey(), member("bob").PubKey(), member("carol").PubKey()})
	record, err := keyring.NewInMemory(cdc).SaveMultisig("treasury", key)
	require.NoError(t, err)
	printed, err := keys.MkAccKeyOutput(record)
	require.NoError(t, err)
	contract := types.Contract{Id: 3, ChainId: "cosmoshub-4", Cosmos: &types.CosmosChain{Bech32Prefix: "cosmos"}}
	return cli.Combiner{Codec: cdc, ChainID: thisChain, Query: chain{contract: contract, sender: address(t, key)}}, written(t, printed.PubKey)
}

var (
	deposit = []string{"3", hex.EncodeToString(hash), "2", recipient}
	text    = claim.Deposit{ChainID: thisChain, Contract: 3, TxHash: hash, Index: 2, Recipient: recipient}.Text()
)

func arguments(files ...string) []string { return append(deposit[:4:4], files...) }

func TestWalletsSignaturesBecomeAClaimThatTheChainTakes(t *testing.T) {
	combiner, key := treasury(t)
	msg, err := combiner.Claim(t.Context(), arguments(key, signed(t, "carol", text), signed(t, "alice", text)))
	require.NoError(t, err)
	require.Equal(t, uint64(3), msg.Contract)
	require.Equal(t, hash, msg.TxHash)
	require.Equal(t, uint32(2), msg.Index)
	require.Equal(t, recipient, msg.Recipient)
	query := combiner.Query.(chain)
	d := claim.Deposit{ChainID: thisChain, Contract: 3, TxHash: hash, Index: 2, Recipient: recipient}
	require.NoError(t, claim.SchemeOf(query.contract).Verify(d, query.sender, msg.PublicKey, msg.Signature, func() {}))
}

func TestWhatIsNoClaimIsNotSent(t *testing.T) {
	combiner, key := treasury(t)
	alice, bob := signed(t, "alice", text), signed(t, "bob", text)
	single, err := combiner.Codec.MarshalInterfaceJSON(member("alice").PubKey())
	require.NoError(t, err)
	onEthereum, elsewhere := combiner, combiner
	onEthereum.Query = chain{contract: types.Contract{Id: 3, ChainId: "eip155-1", Ethereum: &types.EthereumChain{}}}
	elsewhere.ChainID = "stafi-2"
	for name, c := range map[string]struct {
		combiner cli.Combiner
		args     []string
		says     string
	}{
		"one signature":          {combiner, arguments(key, alice), "1 of 3 members signed, wanted at least 2"},
		"a stranger's":           {combiner, arguments(key, alice, signed(t, "mallory", text)), "wanted one by a member"},
		"one member's twice":     {combiner, arguments(key, alice, alice), "is a second one by"},
		"one over another text":  {combiner, arguments(key, alice, signed(t, "bob", text+"x")), "member 1: signature of"},
		"one member's key":       {combiner, arguments(written(t, string(single)), alice, bob), "wanted a multisig's"},
		"no key":                 {combiner, arguments(written(t, "{}"), alice, bob), "file.json"},
		"no file of a key":       {combiner, arguments("nowhere", alice, bob), "nowhere"},
		"no file of a signature": {combiner, arguments(key, alice, "nowhere"), "nowhere"},
		"a file that is no JSON": {combiner, arguments(key, alice, written(t, "x")), "file.json"},
		"a wallet's key of another type": {
			combiner, arguments(key, alice, written(t, `{"pub_key": {"type": "ethermint/PubKeyEthSecp256k1"}}`)), "wanted \"tendermint/PubKeySecp256k1\"",
		},
		"a contract that is none": {combiner, append([]string{"x"}, arguments(key, alice, bob)[1:]...), "contract: "},
		"a hash that is none":     {combiner, append([]string{"3", "x"}, arguments(key, alice, bob)[2:]...), "tx-hash: "},
		"an index above 32 bits":  {combiner, append([]string{"3", deposit[1], "4294967296"}, arguments(key, alice, bob)[3:]...), "index: "},
		"another --chain-id":      {elsewhere, arguments(key, alice, bob), "wanted the chain's"},
		"a contract on Ethereum":  {onEthereum, arguments(key, alice, bob), "contract 3 is of eip155-1, wanted one of a Cosmos chain"},
	} {
		_, err := c.combiner.Claim(t.Context(), c.args)
		require.ErrorContains(t, err, c.says, name)
	}
}

func TestEveryCommandThatAutocliLeavesOutIsThere(t *testing.T) {
	var names []string
	for _, command := range cli.NewTxCmd().Commands() {
		names = append(names, command.Name())
		require.NotEmpty(t, command.Example)
	}
	require.Equal(t, []string{"combine-claim"}, names)
}
