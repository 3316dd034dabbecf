package cosmos_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	multisigtypes "github.com/cosmos/cosmos-sdk/crypto/types/multisig"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

func TestTheAddressIsThatOfTheSDKsSortedMultisigWhateverTheOrderOfKeys(t *testing.T) {
	v := newVault(t, 5, 4)
	pubKeys := make([]cryptotypes.PubKey, len(v.keys))
	for i, key := range v.keys {
		pubKeys[i] = &secp256k1.PubKey{Key: key}
		if i > 0 {
			require.Negative(t, bytes.Compare(pubKeys[i-1].Address(), pubKeys[i].Address()))
		}
	}
	require.Equal(t, sdk.AccAddress(multisig.NewLegacyAminoPubKey(4, pubKeys).Address()).String(), v.address)

	reversed := [][]byte{v.keys[4], v.keys[2], v.keys[3], v.keys[0], v.keys[1]}
	address, sorted, err := cosmos.Address("cosmos", 4, reversed)
	require.NoError(t, err)
	require.Equal(t, v.address, address)
	require.Equal(t, v.keys, sorted)
}

func TestAnotherThresholdKeyOrPrefixIsAnotherAddress(t *testing.T) {
	v := newVault(t, 5, 4)
	for name, other := range map[string]func() (string, [][]byte, error){
		"threshold": func() (string, [][]byte, error) { return cosmos.Address("cosmos", 3, v.keys) },
		"key":       func() (string, [][]byte, error) { return cosmos.Address("cosmos", 4, newVault(t, 6, 4).keys[1:]) },
		"prefix":    func() (string, [][]byte, error) { return cosmos.Address("wasm", 4, v.keys) },
	} {
		address, _, err := other()
		require.NoError(t, err, name)
		require.NotEqual(t, v.address, address, name)
	}
}

func TestAnAddressIsRefusedForKeysThatMakeNoVault(t *testing.T) {
	v := newVault(t, 4, 3)
	offCurve := append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)
	for name, c := range map[string]struct {
		prefix    string
		threshold uint32
		keys      [][]byte
		want      error
	}{
		"no keys":               {"cosmos", 1, nil, cosmos.ErrThreshold},
		"threshold 0":           {"cosmos", 0, v.keys, cosmos.ErrThreshold},
		"threshold above size":  {"cosmos", 5, v.keys, cosmos.ErrThreshold},
		"a key twice":           {"cosmos", 2, [][]byte{v.keys[0], v.keys[1], v.keys[0]}, cosmos.ErrKey},
		"an uncompressed key":   {"cosmos", 1, [][]byte{make([]byte, 65)}, cosmos.ErrKey},
		"a point off the curve": {"cosmos", 1, [][]byte{offCurve}, cosmos.ErrKey},
		"no prefix":             {"", 3, v.keys, cosmos.ErrPayload},
	} {
		_, _, err := cosmos.Address(c.prefix, c.threshold, c.keys)
		require.ErrorIs(t, err, c.want, name)
	}
}

// sdkTransaction builds and signs the payload's transaction with the SDK's client, as `tx multisign` does.
func sdkTransaction(t *testing.T, c chain, v vault, p cosmos.Payload, signers []uint32) (signBytes, txBytes []byte) {
	t.Helper()
	var msg sdk.Msg
	coins := func(amount math.Int) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(p.Denom, amount)) }
	if p.MultiSend {
		total := math.ZeroInt()
		multi := &banktypes.MsgMultiSend{}
		for _, output := range p.Outputs {
			total = total.Add(output.Amount)
			multi.Outputs = append(multi.Outputs, banktypes.Output{Address: output.Address, Coins: coins(output.Amount)})
		}
		multi.Inputs = []banktypes.Input{{Address: p.From, Coins: coins(total)}}
		msg = multi
	} else {
		msg = &banktypes.MsgSend{FromAddress: p.From, ToAddress: p.Outputs[0].Address, Amount: coins(p.Outputs[0].Amount)}
	}
	fees := ""
	if p.Fee.IsPositive() {
		fees = p.Fee.String()
	}
	builder, err := tx.Factory{}.WithTxConfig(c.txConfig).WithChainID(p.ChainID).WithMemo(p.Memo).WithGas(p.GasLimit).
		WithFees(fees).WithTimeoutHeight(p.TimeoutHeight).BuildUnsignedTx(msg)
	require.NoError(t, err)

	mode := signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON
	signBytes, err = authsigning.GetSignBytesAdapter(t.Context(), c.txConfig.SignModeHandler(), mode, authsigning.SignerData{
		Address: p.From, ChainID: p.ChainID, AccountNumber: p.AccountNumber, Sequence: p.Sequence,
	}, builder.GetTx())
	require.NoError(t, err)

	pubKeys := make([]cryptotypes.PubKey, len(v.keys))
	for i, key := range v.keys {
		pubKeys[i] = &secp256k1.PubKey{Key: key}
	}
	data := multisigtypes.NewMultisig(len(pubKeys))
	for _, index := range signers {
		signature, err := v.private[index].Sign(signBytes)
		require.NoError(t, err)
		require.NoError(t, multisigtypes.AddSignatureV2(data, signing.SignatureV2{
			PubKey: pubKeys[index], Data: &signing.SingleSignatureData{SignMode: mode, Signature: signature},
		}, pubKeys))
	}
	require.NoError(t, builder.SetSignatures(signing.SignatureV2{
		PubKey: multisig.NewLegacyAminoPubKey(int(v.threshold), pubKeys), Data: data, Sequence: p.Sequence,
	}))
	txBytes, err = c.txConfig.TxEncoder()(builder.GetTx())
	require.NoError(t, err)
	return signBytes, txBytes
}

func TestSignBytesAndTransactionAreThoseThatTheSDKsOwnClientMakes(t *testing.T) {
	c, v := newChain(t, "wasm-1"), newVault(t, 4, 3)
	free := sweep(v)
	free.Fee = sdk.NewInt64Coin("uatom", 0)
	single := payout(v)
	single.Outputs = single.Outputs[:1]
	for name, p := range map[string]cosmos.Payload{"payout": payout(v), "payout of one": single, "sweep": sweep(v), "no fee": free} {
		signBytes, want := sdkTransaction(t, c, v, p, []uint32{0, 2, 3})
		found, err := cosmos.SignBytes(p)
		require.NoError(t, err, name)
		require.Equal(t, string(signBytes), string(found), name)
		digest, err := cosmos.Digest(p)
		require.NoError(t, err, name)
		require.Equal(t, sha256.Sum256(signBytes), digest, name)
		assembled, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 2, 3))
		require.NoError(t, err, name)
		require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(assembled), name)
	}
}

func TestSignBytesAreTheGoldenOnes(t *testing.T) {
	v := newVault(t, 4, 3)
	for name, p := range map[string]cosmos.Payload{"payout": payout(v), "sweep": sweep(v)} {
		document, err := cosmos.SignBytes(p)
		require.NoError(t, err)
		path := filepath.Join("testdata", name+".golden.json")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			require.NoError(t, os.WriteFile(path, document, 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(document), name)
	}
}

func TestEveryFieldOfAPayloadChangesItsDigest(t *testing.T) {
	v := newVault(t, 4, 3)
	base, err := cosmos.Digest(payout(v))
	require.NoError(t, err)
	for name, change := range map[string]func(*cosmos.Payload){
		"chain id":       func(p *cosmos.Payload) { p.ChainID = "wasm-2" },
		"account number": func(p *cosmos.Payload) { p.AccountNumber++ },
		"sequence":       func(p *cosmos.Payload) { p.Sequence++ },
		"from":           func(p *cosmos.Payload) { p.From = newVault(t, 4, 2).address },
		"output address": func(p *cosmos.Payload) { p.Outputs[0].Address = account("mallory") },
		"output amount":  func(p *cosmos.Payload) { p.Outputs[0].Amount = p.Outputs[0].Amount.AddRaw(1) },
		"output order":   func(p *cosmos.Payload) { p.Outputs[0], p.Outputs[1] = p.Outputs[1], p.Outputs[0] },
		"denom":          func(p *cosmos.Payload) { p.Denom = "uosmo" },
		"fee":            func(p *cosmos.Payload) { p.Fee = p.Fee.AddAmount(math.OneInt()) },
		"gas limit":      func(p *cosmos.Payload) { p.GasLimit++ },
		"memo":           func(p *cosmos.Payload) { p.Memo = cosmos.Memo(43) },
		"timeout":        func(p *cosmos.Payload) { p.TimeoutHeight++ },
		"message":        func(p *cosmos.Payload) { p.MultiSend, p.Outputs = false, p.Outputs[:1] },
	} {
		p := payout(v)
		change(&p)
		digest, err := cosmos.Digest(p)
		require.NoError(t, err, name)
		require.NotEqual(t, base, digest, name)
	}
}

func TestAPayloadThatNoChainWouldTakeIsRefused(t *testing.T) {
	v := newVault(t, 4, 3)
	huge, ok := math.NewIntFromString("0x" + string(bytes.Repeat([]byte("f"), 64)))
	require.True(t, ok)
	for name, change := range map[string]func(*cosmos.Payload){
		"no chain id":                  func(p *cosmos.Payload) { p.ChainID = "" },
		"no memo":                      func(p *cosmos.Payload) { p.Memo = "" },
		"no gas":                       func(p *cosmos.Payload) { p.GasLimit = 0 },
		"no timeout":                   func(p *cosmos.Payload) { p.TimeoutHeight = 0 },
		"a denom of one letter":        func(p *cosmos.Payload) { p.Denom = "u" },
		"a fee without amount":         func(p *cosmos.Payload) { p.Fee = sdk.Coin{Denom: "uatom"} },
		"a malformed sender":           func(p *cosmos.Payload) { p.From = "cosmos1x" },
		"no outputs":                   func(p *cosmos.Payload) { p.Outputs = nil },
		"a send of two outputs":        func(p *cosmos.Payload) { p.MultiSend = false },
		"a malformed recipient":        func(p *cosmos.Payload) { p.Outputs[1].Address = "cosmos1qqqq" },
		"a recipient on another chain": func(p *cosmos.Payload) { p.Outputs[1].Address = "wasm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnwskkzq" },
		"an amount of 0":               func(p *cosmos.Payload) { p.Outputs[1].Amount = math.ZeroInt() },
		"an amount below 0":            func(p *cosmos.Payload) { p.Outputs[1].Amount = math.NewInt(-1) },
		"no amount":                    func(p *cosmos.Payload) { p.Outputs[1].Amount = math.Int{} },
		"a sum above 256 bits":         func(p *cosmos.Payload) { p.Outputs[0].Amount, p.Outputs[1].Amount = huge, huge },
	} {
		p := payout(v)
		change(&p)
		_, err := cosmos.Digest(p)
		require.ErrorIs(t, err, cosmos.ErrPayload, name)
	}
}

func TestTheAssembledTransactionExecutesOnASDKChainAlsoAsTheAccountsFirst(t *testing.T) {
	for _, p := range []func(vault) cosmos.Payload{payout, sweep} {
		c, v := newChain(t, "wasm-1"), newVault(t, 4, 3)
		first := p(v)
		first.Sequence = 0
		c.fund(t, v.address, first.AccountNumber, 0, 10_000_000)
		txBytes, err := cosmos.Assemble(first, v.threshold, v.keys, v.sign(t, first, 1, 2, 3))
		require.NoError(t, err)
		require.NoError(t, c.deliver(t, txBytes))
		require.Equal(t, first.Outputs[0].Amount, c.balance(account("alice")))
		total, err := first.Total()
		require.NoError(t, err)
		require.Equal(t, math.NewInt(10_000_000).Sub(total).Sub(first.Fee.Amount), c.balance(v.address))

		require.Error(t, c.deliver(t, txBytes), "a sequence is used once")

		second := p(v)
		second.Sequence = 1
		txBytes, err = cosmos.Assemble(second, v.threshold, v.keys, v.sign(t, second, 0, 1, 2))
		require.NoError(t, err)
		require.NoError(t, c.deliver(t, txBytes))
	}
}

func TestOfTwoAttemptsOfOneSequenceTheSDKChainExecutesOne(t *testing.T) {
	c, v := newChain(t, "wasm-1"), newVault(t, 4, 3)
	first := payout(v)
	second := first
	second.Memo, second.TimeoutHeight = cosmos.Memo(43), first.TimeoutHeight+500
	c.fund(t, v.address, first.AccountNumber, first.Sequence, 100_000_000)
	late, err := cosmos.Assemble(first, v.threshold, v.keys, v.sign(t, first, 0, 1, 2))
	require.NoError(t, err)
	retry, err := cosmos.Assemble(second, v.threshold, v.keys, v.sign(t, second, 0, 1, 2))
	require.NoError(t, err)
	require.NoError(t, c.deliver(t, late))
	require.ErrorContains(t, c.deliver(t, retry), "sequence mismatch")
	require.Equal(t, first.Outputs[0].Amount, c.balance(account("alice")))
}

func TestATransactionDoesNotExecuteAboveItsTimeoutHeight(t *testing.T) {
	c, v := newChain(t, "wasm-1"), newVault(t, 4, 3)
	p := sweep(v)
	p.TimeoutHeight = 99
	c.fund(t, v.address, p.AccountNumber, p.Sequence, 100_000_000)
	txBytes, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 1, 2))
	require.NoError(t, err)
	require.ErrorContains(t, c.deliver(t, txBytes), "timeout height")
}

func TestSevenMembersAreTheMostThatTheDefaultTxSigLimitTakes(t *testing.T) {
	for size, executes := range map[uint32]bool{7: true, 8: false} {
		c, v := newChain(t, "wasm-1"), newVault(t, size, 5)
		p := payout(v)
		p.GasLimit = 400_000
		c.fund(t, v.address, p.AccountNumber, p.Sequence, 100_000_000)
		txBytes, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 2, 3, 4, 6))
		require.NoError(t, err)
		err = c.deliver(t, txBytes)
		if executes {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "maximum number of signatures")
		}
	}
}

func TestAssemblyIsRefusedUnlessTheSDKWouldVerifyIt(t *testing.T) {
	v, other := newVault(t, 4, 3), newVault(t, 4, 2)
	p := payout(v)
	good := v.sign(t, p, 0, 1, 3)
	swapped := [][]byte{v.keys[1], v.keys[0], v.keys[2], v.keys[3]}
	changed := payout(v)
	changed.Sequence++
	for name, c := range map[string]struct {
		payload    cosmos.Payload
		threshold  uint32
		keys       [][]byte
		signatures []cosmos.IndexedSignature
		want       error
	}{
		"too few":                   {p, 3, v.keys, good[:2], cosmos.ErrSignatures},
		"too many":                  {p, 3, v.keys, v.sign(t, p, 0, 1, 2, 3), cosmos.ErrSignatures},
		"out of order":              {p, 3, v.keys, v.sign(t, p, 1, 0, 3), cosmos.ErrSignatures},
		"one twice":                 {p, 3, v.keys, v.sign(t, p, 0, 1, 1), cosmos.ErrSignatures},
		"of another payload":        {p, 3, v.keys, v.sign(t, changed, 0, 1, 3), cosmos.ErrSignatures},
		"index beyond the keys":     {p, 3, v.keys, []cosmos.IndexedSignature{good[0], good[1], {Index: 4, Signature: good[2].Signature}}, cosmos.ErrSignatures},
		"another vault's payload":   {payout(other), 3, v.keys, good, cosmos.ErrPayload},
		"another threshold":         {p, 2, v.keys, good[:2], cosmos.ErrPayload},
		"keys out of order":         {p, 3, swapped, good, cosmos.ErrKey},
		"a sender without a prefix": {cosmos.Payload{From: "x"}, 3, v.keys, good, cosmos.ErrPayload},
	} {
		_, err := cosmos.Assemble(c.payload, c.threshold, c.keys, c.signatures)
		require.ErrorIs(t, err, c.want, name)
	}
}

func TestASignatureWithHighSOrScalarsOutOfRangeIsInvalid(t *testing.T) {
	v := newVault(t, 4, 3)
	p := payout(v)
	digest, err := cosmos.Digest(p)
	require.NoError(t, err)
	good := v.sign(t, p, 0)[0].Signature
	require.True(t, cosmos.VerifySignature(v.keys[0], digest[:], good))

	highS := bytes.Clone(good)
	var s btcec.ModNScalar
	s.SetByteSlice(good[32:])
	negated := s.Negate().Bytes()
	copy(highS[32:], negated[:])
	overflow := bytes.Clone(good)
	copy(overflow[:32], bytes.Repeat([]byte{0xff}, 32))
	zeroS := bytes.Clone(good)
	copy(zeroS[32:], make([]byte, 32))
	flipped := bytes.Clone(good)
	flipped[5] ^= 1
	for name, c := range map[string]struct{ key, digest, signature []byte }{
		"high S":         {v.keys[0], digest[:], highS},
		"R beyond order": {v.keys[0], digest[:], overflow},
		"S of zero":      {v.keys[0], digest[:], zeroS},
		"a flipped bit":  {v.keys[0], digest[:], flipped},
		"another key":    {v.keys[1], digest[:], good},
		"63 bytes":       {v.keys[0], digest[:], good[:63]},
		"65 bytes":       {v.keys[0], digest[:], append(bytes.Clone(good), 0)},
		"a short digest": {v.keys[0], digest[:31], good},
		"no key":         {nil, digest[:], good},
	} {
		require.False(t, cosmos.VerifySignature(c.key, c.digest, c.signature), name)
		if len(c.key) == 33 && len(c.digest) == 32 {
			document, err := cosmos.SignBytes(p)
			require.NoError(t, err)
			require.False(t, (&secp256k1.PubKey{Key: c.key}).VerifySignature(document, c.signature), "the SDK agrees: %s", name)
		}
	}
}

func TestTheDigestOfAnAssembledTransactionIsThePayloads(t *testing.T) {
	v := newVault(t, 4, 3)
	for _, p := range []cosmos.Payload{payout(v), sweep(v)} {
		want, err := cosmos.Digest(p)
		require.NoError(t, err)
		txBytes, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 1, 2))
		require.NoError(t, err)
		digest, sequence, err := cosmos.DigestOfTx(txBytes, p.ChainID, p.AccountNumber)
		require.NoError(t, err)
		require.Equal(t, want, digest)
		require.Equal(t, p.Sequence, sequence)

		digest, _, err = cosmos.DigestOfTx(txBytes, "wasm-2", p.AccountNumber)
		require.NoError(t, err)
		require.NotEqual(t, want, digest)
	}
}

// alter changes an assembled payout and encodes it again.
func alter(t *testing.T, txBytes []byte, change func(*txtypes.TxBody, *txtypes.AuthInfo)) []byte {
	t.Helper()
	var raw txtypes.TxRaw
	var body txtypes.TxBody
	var authInfo txtypes.AuthInfo
	require.NoError(t, proto.Unmarshal(txBytes, &raw))
	require.NoError(t, proto.Unmarshal(raw.BodyBytes, &body))
	require.NoError(t, proto.Unmarshal(raw.AuthInfoBytes, &authInfo))
	change(&body, &authInfo)
	var err error
	raw.BodyBytes, err = proto.Marshal(&body)
	require.NoError(t, err)
	raw.AuthInfoBytes, err = proto.Marshal(&authInfo)
	require.NoError(t, err)
	altered, err := proto.Marshal(&raw)
	require.NoError(t, err)
	return altered
}

func TestATransactionThatASessionCouldNotHaveAskedForIsForeignOrHasAnotherDigest(t *testing.T) {
	v := newVault(t, 4, 3)
	p := payout(v)
	want, err := cosmos.Digest(p)
	require.NoError(t, err)
	txBytes, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 1, 2))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change  func(*txtypes.TxBody, *txtypes.AuthInfo)
		foreign bool
	}{
		"another memo":          {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Memo += "0" }, false},
		"a granter":             {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.Fee.Granter = account("g") }, false},
		"a payer":               {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.Fee.Payer = account("g") }, false},
		"another sequence":      {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.SignerInfos[0].Sequence++ }, false},
		"unordered":             {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Unordered = true }, false},
		"no fee":                {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.Fee = nil }, true},
		"no signer":             {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.SignerInfos = nil }, true},
		"two signers":           {func(_ *txtypes.TxBody, a *txtypes.AuthInfo) { a.SignerInfos = append(a.SignerInfos, a.SignerInfos[0]) }, true},
		"no message":            {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Messages = nil }, true},
		"two messages":          {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Messages = append(b.Messages, b.Messages[0]) }, true},
		"another message":       {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Messages[0].TypeUrl = "/cosmos.gov.v1.MsgVote" }, true},
		"a message without url": {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.Messages[0].TypeUrl = "" }, true},
		"an extension":          {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) { b.ExtensionOptions = b.Messages }, true},
		"an unknown field in the message": {func(b *txtypes.TxBody, _ *txtypes.AuthInfo) {
			b.Messages[0].Value = append(b.Messages[0].Value, 0xfa, 0x01, 0x01, 0x00)
		}, true},
	} {
		digest, _, err := cosmos.DigestOfTx(alter(t, txBytes, c.change), p.ChainID, p.AccountNumber)
		if c.foreign {
			require.ErrorIs(t, err, cosmos.ErrForeign, name)
		} else {
			require.NoError(t, err, name)
		}
		require.NotEqual(t, want, digest, name)
	}
	_, _, err = cosmos.DigestOfTx([]byte{0x0a, 0xff}, p.ChainID, p.AccountNumber)
	require.ErrorIs(t, err, cosmos.ErrForeign)
}

func TestADamagedTransactionHasADigestOrIsForeign(t *testing.T) {
	v := newVault(t, 4, 3)
	p := payout(v)
	whole, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(t, p, 0, 1, 2))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		damaged := bytes.Clone(whole)
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			at := rapid.IntRange(0, len(damaged)-1).Draw(t, "at")
			if rapid.Bool().Draw(t, "cut") {
				damaged = append(damaged[:at:at], damaged[min(len(damaged), at+rapid.IntRange(1, 4).Draw(t, "length")):]...)
			} else {
				damaged[at] = rapid.Byte().Draw(t, "byte")
			}
			if len(damaged) == 0 {
				break
			}
		}
		if _, _, err := cosmos.DigestOfTx(damaged, p.ChainID, p.AccountNumber); err != nil {
			require.ErrorIs(t, err, cosmos.ErrForeign)
		}
	})
}

func FuzzDigestOfTxGivesADigestOrSaysForeign(f *testing.F) {
	v := newVault(f, 4, 3)
	for _, p := range []cosmos.Payload{payout(v), sweep(v)} {
		txBytes, err := cosmos.Assemble(p, v.threshold, v.keys, v.sign(f, p, 0, 1, 2))
		require.NoError(f, err)
		f.Add(txBytes)
		f.Add(txBytes[:len(txBytes)/2])
	}
	f.Fuzz(func(t *testing.T, txBytes []byte) {
		first, sequence, err := cosmos.DigestOfTx(txBytes, "wasm-1", 17)
		if err != nil {
			require.ErrorIs(t, err, cosmos.ErrForeign)
			return
		}
		second, again, err := cosmos.DigestOfTx(txBytes, "wasm-1", 17)
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.Equal(t, sequence, again)
	})
}
