package ethereum_test

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// plain is a payload without a chain: two outputs of a vault of 3 of 4.
func plain(t testing.TB) (committee, ethereum.Payload) {
	t.Helper()
	c := newCommittee(t, "a", 4, 3)
	return c, ethereum.Payload{
		ChainNumber: 1, Safe: common.HexToAddress("0x5afe"), Nonce: 9, MultiSend: ethereum.Canonical().MultiSend, Owners: c.Owners,
		Outputs: []ethereum.Output{{To: fresh(2)[0], Amount: big.NewInt(5)}, {To: fresh(2)[1], Amount: big.NewInt(6)}},
		Gas:     ethereum.PayoutGas(2), Fee: big.NewInt(1e16),
	}
}

func TestAPayloadThatCouldNotExecuteIsRefused(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(1), 256)
	c, _ := plain(t)
	for name, test := range map[string]struct {
		change func(*ethereum.Payload)
		wanted error
	}{
		"no chain":                            {func(p *ethereum.Payload) { p.ChainNumber = 0 }, ethereum.ErrPayload},
		"no Safe":                             {func(p *ethereum.Payload) { p.Safe = common.Address{} }, ethereum.ErrPayload},
		"no multi-send":                       {func(p *ethereum.Payload) { p.MultiSend = common.Address{} }, ethereum.ErrPayload},
		"neither outputs nor owners":          {func(p *ethereum.Payload) { p.Outputs = nil }, ethereum.ErrPayload},
		"outputs and owners":                  {func(p *ethereum.Payload) { p.Next = &c.Owners }, ethereum.ErrPayload},
		"no fee":                              {func(p *ethereum.Payload) { p.Fee = nil }, ethereum.ErrPayload},
		"a fee below 0":                       {func(p *ethereum.Payload) { p.Fee = big.NewInt(-1) }, ethereum.ErrPayload},
		"a fee of 2^256":                      {func(p *ethereum.Payload) { p.Fee = huge }, ethereum.ErrPayload},
		"an output of 0":                      {func(p *ethereum.Payload) { p.Outputs[1].Amount = new(big.Int) }, ethereum.ErrPayload},
		"an output below 0":                   {func(p *ethereum.Payload) { p.Outputs[1].Amount = big.NewInt(-6) }, ethereum.ErrPayload},
		"an output without amount":            {func(p *ethereum.Payload) { p.Outputs[1].Amount = nil }, ethereum.ErrPayload},
		"a sum of 2^256":                      {func(p *ethereum.Payload) { p.Outputs[1].Amount = new(big.Int).Sub(huge, big.NewInt(5)) }, ethereum.ErrPayload},
		"an output to nobody":                 {func(p *ethereum.Payload) { p.Outputs[1].To = common.Address{} }, ethereum.ErrRecipient},
		"an output to the Safe":               {func(p *ethereum.Payload) { p.Outputs[1].To = p.Safe }, ethereum.ErrRecipient},
		"too little gas":                      {func(p *ethereum.Payload) { p.Gas-- }, ethereum.ErrPayload},
		"more gas than a transaction may use": {func(p *ethereum.Payload) { p.Gas = ethereum.MaxTxGas }, ethereum.ErrPayload},
		"a gas that overflows":                {func(p *ethereum.Payload) { p.Gas = 1<<64 - 1 }, ethereum.ErrPayload},
		"no threshold":                        {func(p *ethereum.Payload) { p.Owners.Threshold = 0 }, ethereum.ErrThreshold},
		"a threshold above the owners":        {func(p *ethereum.Payload) { p.Owners.Threshold = 5 }, ethereum.ErrThreshold},
		"no owners":                           {func(p *ethereum.Payload) { p.Owners.List = nil }, ethereum.ErrThreshold},
		"an owner twice":                      {func(p *ethereum.Payload) { p.Owners.List[1] = p.Owners.List[0] }, ethereum.ErrOwners},
		"the sentinel an owner":               {func(p *ethereum.Payload) { p.Owners.List[1] = common.HexToAddress("0x1") }, ethereum.ErrOwners},
		"nobody an owner":                     {func(p *ethereum.Payload) { p.Owners.List[1] = common.Address{} }, ethereum.ErrOwners},
		"the Safe an owner":                   {func(p *ethereum.Payload) { p.Owners.List[1] = p.Safe }, ethereum.ErrOwners},
		"the same owners":                     {func(p *ethereum.Payload) { p.Outputs, p.Next = nil, &c.Owners }, ethereum.ErrSameOwners},
		"next owners without threshold":       {func(p *ethereum.Payload) { p.Outputs, p.Next = nil, &ethereum.Owners{List: c.List} }, ethereum.ErrThreshold},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := plain(t)
			test.change(&p)
			_, err := ethereum.Digest(p)
			require.ErrorIs(t, err, test.wanted)
		})
	}
}

// Whatever signs one payload must sign no other: each field changes the digest.
func TestEveryFieldOfAPayloadIsInItsDigest(t *testing.T) {
	_, p := plain(t)
	before, err := ethereum.Digest(p)
	require.NoError(t, err)
	seen := map[common.Hash]string{before: "the payload"}
	for name, change := range map[string]func(*ethereum.Payload){
		"chain":                                func(p *ethereum.Payload) { p.ChainNumber++ },
		"safe":                                 func(p *ethereum.Payload) { p.Safe[0]++ },
		"nonce":                                func(p *ethereum.Payload) { p.Nonce++ },
		"multi-send":                           func(p *ethereum.Payload) { p.MultiSend[0]++ },
		"recipient":                            func(p *ethereum.Payload) { p.Outputs[0].To[0]++ },
		"amount":                               func(p *ethereum.Payload) { p.Outputs[0].Amount = big.NewInt(6) },
		"order":                                func(p *ethereum.Payload) { slices.Reverse(p.Outputs) },
		"fewer":                                func(p *ethereum.Payload) { p.Outputs = p.Outputs[:1] },
		"gas":                                  func(p *ethereum.Payload) { p.Gas++ },
		"fee":                                  func(p *ethereum.Payload) { p.Fee = big.NewInt(2e16) },
		"the threshold, by what a sender uses": func(p *ethereum.Payload) { p.Owners.Threshold-- },
	} {
		_, p := plain(t)
		change(&p)
		digest, err := ethereum.Digest(p)
		require.NoError(t, err)
		require.NotContains(t, seen, digest, name)
		seen[digest] = name
	}
}

func TestADigestIsTheSameWhoeverMakesIt(t *testing.T) {
	_, p := plain(t)
	digest, err := ethereum.Digest(p)
	require.NoError(t, err)
	require.Equal(t, "0x65649dfb6626d96e2101552c896299c26daf84eedf3b90912aa0ce5aac9c56a4", digest.Hex())
}

func TestASignatureHasOneValidForm(t *testing.T) {
	c, p := plain(t)
	digest, err := ethereum.Digest(p)
	require.NoError(t, err)
	good := c.sign(t, digest, 1).Signature
	require.True(t, ethereum.VerifySignature(c.keys[1], digest.Bytes(), good))
	order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	high := bytes.Clone(good)
	new(big.Int).Sub(order, new(big.Int).SetBytes(good[32:64])).FillBytes(high[32:64])
	high[64] ^= 27 ^ 28
	for name, signature := range map[string][]byte{
		"empty": nil, "of 64 bytes": good[:64], "too long": append(bytes.Clone(good), 0), "v from 0": with(good, 64, good[64]-27),
		"the other v": with(good, 64, good[64]^27^28), "of eth_sign": with(good, 64, good[64]+4), "of a contract": with(good, 64, 0),
		"of an approved hash": with(good, 64, 1), "with a high s": high, "zero": make([]byte, 65), "with r above the order": bytes.Repeat([]byte{0xff}, 65),
		"with another r": with(good, 31, good[31]+1), "with another s": with(good, 63, good[63]+1),
	} {
		require.False(t, ethereum.VerifySignature(c.keys[1], digest.Bytes(), signature), name)
	}
	require.False(t, ethereum.VerifySignature(c.keys[0], digest.Bytes(), good))
	require.False(t, ethereum.VerifySignature(c.keys[1][:32], digest.Bytes(), good))
	require.False(t, ethereum.VerifySignature(c.keys[1], digest.Bytes()[:31], good))
	digest[0]++
	require.False(t, ethereum.VerifySignature(c.keys[1], digest.Bytes(), good))
}

func with(signature []byte, index int, value byte) []byte {
	changed := bytes.Clone(signature)
	changed[index] = value
	return changed
}

func TestOnlyExactlyNValidSignaturesInOrderAssemble(t *testing.T) {
	c, p := plain(t)
	good := c.signed(t, p)
	calldata, hash, err := ethereum.Assemble(p, c.keys, good)
	require.NoError(t, err)
	again, _, err := ethereum.Assemble(p, c.keys, good)
	require.NoError(t, err)
	require.Equal(t, calldata, again)
	digest, err := ethereum.Digest(p)
	require.NoError(t, err)
	require.Equal(t, digest, hash)
	for name, test := range map[string]struct {
		keys       [][]byte
		signatures []ethereum.IndexedSignature
		wanted     error
	}{
		"too few":         {c.keys, good[:2], ethereum.ErrSignatures},
		"too many":        {c.keys, append(good[:3:3], good[0]), ethereum.ErrSignatures},
		"twice":           {c.keys, []ethereum.IndexedSignature{good[0], good[0], good[1]}, ethereum.ErrSignatures},
		"out of order":    {c.keys, []ethereum.IndexedSignature{good[1], good[0], good[2]}, ethereum.ErrSignatures},
		"of no member":    {c.keys, []ethereum.IndexedSignature{good[0], good[1], {Index: 4, Signature: good[2].Signature}}, ethereum.ErrSignatures},
		"of another":      {c.keys, []ethereum.IndexedSignature{{Index: 0, Signature: good[0].Signature}, good[1], good[2]}, ethereum.ErrSignatures},
		"keys shuffled":   {[][]byte{c.keys[1], c.keys[0], c.keys[2], c.keys[3]}, good, ethereum.ErrKey},
		"a key missing":   {c.keys[:3], good, ethereum.ErrOwners},
		"a key of others": {append(c.keys[:3:3], newCommittee(t, "z", 1, 1).keys...), good, nil},
		"no key":          {[][]byte{{}}, good, ethereum.ErrKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ethereum.Assemble(p, test.keys, test.signatures)
			require.Error(t, err)
			if test.wanted != nil {
				require.ErrorIs(t, err, test.wanted)
			}
		})
	}
}

func TestTheRefundNeverExceedsTheFeeWhateverIsUsed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		_, p := plain(t)
		p.Fee = new(big.Int).SetUint64(rapid.Uint64().Draw(r, "fee"))
		p.Gas += rapid.Uint64Range(0, 10_000_000).Draw(r, "gas")
		tx, err := p.SafeTx()
		require.NoError(t, err)
		// What the Safe counts: the execution with the dearest call, and baseGas.
		most := new(big.Int).Add(tx.SafeTxGas, tx.BaseGas)
		most.Add(most, big.NewInt(36_600+2_600))
		require.LessOrEqual(t, most.Mul(most, tx.GasPrice).Cmp(p.Fee), 0)
	})
}
