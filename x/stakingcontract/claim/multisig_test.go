package claim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	multisigtypes "github.com/cosmos/cosmos-sdk/crypto/types/multisig"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
)

func address(t testing.TB, key cryptotypes.PubKey) string {
	t.Helper()
	text, err := bech32.ConvertAndEncode("cosmos", key.Address())
	require.NoError(t, err)
	return text
}

// group is an N-of-M account of a Cosmos chain, made by the SDK.
type group struct {
	t       testing.TB
	members []*secp256k1.PrivKey
	key     *multisig.LegacyAminoPubKey
	// text that the members sign.
	text string
}

func groupOf(t testing.TB, threshold int, members ...*secp256k1.PrivKey) group {
	t.Helper()
	keys := make([]cryptotypes.PubKey, len(members))
	for i, member := range members {
		keys[i] = member.PubKey()
	}
	return group{t, members, multisig.NewLegacyAminoPubKey(threshold, keys), deposit().Text()}
}

// newGroup is of members whose keys are of their numbers.
func newGroup(t testing.TB, threshold, size int) group {
	t.Helper()
	members := make([]*secp256k1.PrivKey, size)
	for i := range members {
		members[i] = secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "member %d", i))
	}
	return groupOf(t, threshold, members...)
}

func (g group) address() string { return address(g.t, g.key) }

// sign is a member's signature over the text for a signer.
func (g group) sign(member int, signer string) []byte {
	g.t.Helper()
	document, err := claim.SignBytes(g.text, signer)
	require.NoError(g.t, err)
	signature, err := g.members[member].Sign(document)
	require.NoError(g.t, err)
	return signature
}

// sum has members' signatures, each for its own address as wallets sign; of those in whole for the multisig's.
func (g group) sum(members []int, whole ...int) *signing.SignatureDescriptor_Data_Multi {
	g.t.Helper()
	data := multisigtypes.NewMultisig(len(g.members))
	for _, member := range members {
		signer := address(g.t, g.members[member].PubKey())
		if slices.Contains(whole, member) {
			signer = g.address()
		}
		multisigtypes.AddSignature(data, &signing.SingleSignatureData{
			SignMode: signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, Signature: g.sign(member, signer),
		}, member)
	}
	return signing.SignatureDataToProto(data).GetMulti()
}

func encoded(t testing.TB, message interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	raw, err := message.Marshal()
	require.NoError(t, err)
	return raw
}

// verify returns how many signatures were verified, too.
func (g group) verify(key, signature []byte) (verified int, err error) {
	err = cosmos("cosmos").Verify(deposit(), g.address(), key, signature, func() { verified++ })
	return verified, err
}

func TestAMultisigClaimsByItsThreshold(t *testing.T) {
	twice := secp256k1.GenPrivKeyFromSecret([]byte("twice"))
	once := secp256k1.GenPrivKeyFromSecret([]byte("once"))
	for _, c := range []struct {
		name     string
		group    group
		members  []int
		whole    []int
		verified int
	}{
		{"two of three, as wallets sign", newGroup(t, 2, 3), []int{0, 2}, nil, 4},
		{"for the multisig's address", newGroup(t, 2, 3), []int{1, 2}, []int{1, 2}, 2},
		{"one so and one so", newGroup(t, 2, 3), []int{2, 0}, []int{2}, 3},
		{"more than need to", newGroup(t, 2, 3), []int{0, 1, 2}, nil, 6},
		{"one of one", newGroup(t, 1, 1), []int{0}, nil, 2},
		{"a whole byte of bits", newGroup(t, 8, 8), []int{0, 1, 2, 3, 4, 5, 6, 7}, nil, 16},
		{"of nine the last", newGroup(t, 1, 9), []int{8}, nil, 2},
		{"twenty of twenty", newGroup(t, 20, 20), []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, nil, 40},
		{"a key at two places", groupOf(t, 2, twice, once, twice), []int{0, 2}, nil, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, signature := encoded(t, c.group.key), encoded(t, c.group.sum(c.members, c.whole...))
			verified, err := c.group.verify(key, signature)
			require.NoError(t, err)
			require.Equal(t, c.verified, verified)
		})
	}
}

// resigned is what a claim of two of three is made of, to be changed.
type resigned struct {
	key *multisig.LegacyAminoPubKey
	sum *signing.SignatureDescriptor_Data_Multi
}

func (r resigned) single(i int) *signing.SignatureDescriptor_Data_Single {
	return r.sum.Signatures[i].GetSingle()
}

func TestAMultisigsClaimIsRefusedWith(t *testing.T) {
	g := newGroup(t, 2, 3)
	member := address(t, g.members[0].PubKey())
	foreign := secp256k1.GenPrivKeyFromSecret([]byte("other")).PubKey()
	pack := func(key cryptotypes.PubKey) *codectypes.Any {
		packed, err := codectypes.NewAnyWithValue(key)
		require.NoError(t, err)
		return packed
	}
	for name, c := range map[string]struct {
		change func(*resigned)
		says   string
	}{
		"another member":             {func(r *resigned) { r.key.PubKeys[2] = pack(foreign) }, "wanted the sender " + g.address()},
		"another threshold":          {func(r *resigned) { r.key.Threshold = 1 }, "wanted the sender"},
		"another order":              {func(r *resigned) { slices.Reverse(r.key.PubKeys) }, "wanted the sender"},
		"a threshold of 0":           {func(r *resigned) { r.key.Threshold = 0 }, "threshold is 0 of 3 keys"},
		"a threshold above":          {func(r *resigned) { r.key.Threshold = 4 }, "threshold is 4 of 3 keys"},
		"a threshold of 2^32 less 1": {func(r *resigned) { r.key.Threshold = 1<<32 - 1 }, "threshold is 4294967295 of 3 keys"},
		"no keys":                    {func(r *resigned) { r.key.PubKeys = nil; r.sum = nil }, "wanted 33"},
		"a nested multisig": {
			func(r *resigned) { r.key.PubKeys[1] = pack(newGroup(t, 1, 2).key) },
			`key 1 is a "/cosmos.crypto.multisig.LegacyAminoPubKey", wanted a /cosmos.crypto.secp256k1.PubKey`,
		},
		"an ed25519 key": {
			func(r *resigned) { r.key.PubKeys[1] = pack(ed25519.GenPrivKeyFromSecret([]byte("e")).PubKey()) },
			`key 1 is a "/cosmos.crypto.ed25519.PubKey", wanted a /cosmos.crypto.secp256k1.PubKey`,
		},
		"a key of 32 bytes":  {func(r *resigned) { r.key.PubKeys[0] = pack(&secp256k1.PubKey{Key: make([]byte, 32)}) }, "key 0 has 32 bytes, wanted 33"},
		"a key that is none": {func(r *resigned) { r.key.PubKeys[0].Value = []byte{0xff} }, "key 0: "},
		"a key with an unknown field": {
			func(r *resigned) { r.key.PubKeys[0].Value = append(r.key.PubKeys[0].Value, 0x10, 1) }, "and no unknown fields",
		},
		"no bit array":          {func(r *resigned) { r.sum.Bitarray = nil }, "no bit array, wanted one of 3 bits"},
		"two bits":              {func(r *resigned) { r.sum.Bitarray.ExtraBitsStored = 2 }, "1 bytes and 2 extra bits, wanted 1 and 3 for 3 keys"},
		"four bits":             {func(r *resigned) { r.sum.Bitarray.ExtraBitsStored = 4 }, "1 bytes and 4 extra bits"},
		"eleven bits in a byte": {func(r *resigned) { r.sum.Bitarray.ExtraBitsStored = 11 }, "1 bytes and 11 extra bits"},
		"no bytes":              {func(r *resigned) { r.sum.Bitarray.Elems = nil }, "0 bytes and 3 extra bits"},
		"two bytes":             {func(r *resigned) { r.sum.Bitarray.Elems = append(r.sum.Bitarray.Elems, 0) }, "2 bytes and 3 extra bits"},
		"a bit beyond":          {func(r *resigned) { r.sum.Bitarray.Elems[0] |= 1 }, "bit array is A1, wanted no bits set beyond the first 3"},
		"the next bit":          {func(r *resigned) { r.sum.Bitarray.Elems[0] |= 1 << 4 }, "bit array is B0, wanted no bits set beyond the first 3"},
		"a signature more": {
			func(r *resigned) { r.sum.Signatures = append(r.sum.Signatures, r.sum.Signatures[0]) }, "3 signatures, wanted 2: one for each bit set in BA{3:x_x}",
		},
		"a signature less": {func(r *resigned) { r.sum.Signatures = r.sum.Signatures[:1] }, "1 signatures, wanted 2"},
		"a bit more":       {func(r *resigned) { r.sum.Bitarray.SetIndex(1, true) }, "2 signatures, wanted 3"},
		"too few":          {func(r *resigned) { r.sum = g.sum([]int{1}) }, "1 of 3 members signed, wanted at least 2"},
		"none":             {func(r *resigned) { r.sum = g.sum(nil) }, "0 of 3 members signed, wanted at least 2"},
		"another mode": {
			func(r *resigned) { r.single(1).Mode = signing.SignMode_SIGN_MODE_DIRECT }, "member 2: mode is SIGN_MODE_DIRECT, wanted SIGN_MODE_LEGACY_AMINO_JSON",
		},
		"an empty signature": {func(r *resigned) { r.sum.Signatures[0].Sum = nil }, "member 0: found a <nil>, wanted a single signature"},
		"a nested signature": {
			func(r *resigned) {
				r.sum.Signatures[0].Sum = &signing.SignatureDescriptor_Data_Multi_{Multi: newGroup(t, 1, 2).sum([]int{0})}
			}, "member 0: found a *signing.SignatureDescriptor_Data_Multi_, wanted a single signature",
		},
		"a signature of 63 bytes": {func(r *resigned) { r.single(0).Signature = r.single(0).Signature[1:] }, "member 0: signature has 63 bytes, wanted 64"},
		"a signature of 65 bytes": {func(r *resigned) { r.single(0).Signature = append(r.single(0).Signature, 0) }, "65 bytes, wanted 64"},
		"the other S":             {func(r *resigned) { r.single(1).Signature = highS(r.single(1).Signature) }, "member 2: signature's S is"},
		"a flipped bit":           {func(r *resigned) { r.single(0).Signature[5] ^= 1 }, "member 0: signature of " + member + " is not over"},
		"one member's for another": {
			func(r *resigned) { r.single(1).Signature = r.single(0).Signature }, "member 2: signature of",
		},
		"the order of the wallets": {func(r *resigned) { slices.Reverse(r.sum.Signatures) }, "member 0: signature of"},
		"a third party's address as signer": {
			func(r *resigned) { r.single(0).Signature = g.sign(0, address(t, g.members[1].PubKey())) }, "with it or " + g.address() + " as signer",
		},
		"more than need to, one of them wrong": {
			func(r *resigned) { r.sum = g.sum([]int{0, 1, 2}); r.single(1).Signature = r.single(0).Signature }, "member 1: signature of",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := resigned{newGroup(t, 2, 3).key, g.sum([]int{0, 2})}
			c.change(&r)
			var signature []byte
			if r.sum != nil {
				signature = encoded(t, r.sum)
			}
			_, err := g.verify(encoded(t, r.key), signature)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAMultisigSignsForOneDepositAndOneRecipient(t *testing.T) {
	g := newGroup(t, 2, 3)
	key, signature := encoded(t, g.key), encoded(t, g.sum([]int{0, 2}))
	for name, change := range map[string]func(*claim.Deposit){
		"another recipient": func(d *claim.Deposit) { d.Recipient = "stafi1mallory" },
		"another chain":     func(d *claim.Deposit) { d.ChainID = "stafi-2" },
		"another contract":  func(d *claim.Deposit) { d.Contract++ },
		"another output":    func(d *claim.Deposit) { d.Index++ },
	} {
		d := deposit()
		change(&d)
		require.ErrorContains(t, cosmos("cosmos").Verify(d, g.address(), key, signature, free), "is not over", name)
	}
	require.ErrorContains(t, cosmos("osmo").Verify(deposit(), g.address(), key, signature, free), "wanted the sender")
	require.ErrorContains(t, cosmos("cosmos").Verify(deposit(), address(t, g.members[0].PubKey()), key, signature, free), "wanted the sender",
		"a member's own deposit is not the multisig's")
	own := g.members[0].PubKey().Bytes()
	require.ErrorContains(t, cosmos("cosmos").Verify(deposit(), g.address(), own, g.sign(0, g.address()), free), "wanted the sender",
		"a member alone is not the multisig")
}

func TestAMultisigsWorkIsBounded(t *testing.T) {
	g := newGroup(t, 1, 21)
	verified, err := g.verify(encoded(t, g.key), encoded(t, g.sum([]int{0})))
	require.ErrorContains(t, err, "21 keys, wanted at most 20")
	require.Zero(t, verified)
	g = newGroup(t, 2, 3)
	key, signature := encoded(t, g.key), encoded(t, g.sum([]int{0, 2}))
	_, err = g.verify(append(key, make([]byte, 4096)...), signature)
	require.ErrorContains(t, err, "bytes, wanted at most 4096")
	_, err = g.verify(key, append(signature, make([]byte, 4096)...))
	require.ErrorContains(t, err, "bytes, wanted at most 4096")
	verified, err = g.verify(key, encoded(t, g.sum([]int{1})))
	require.Error(t, err)
	require.Zero(t, verified, "nothing is verified before there are enough")
}

func TestOnlyTheSDKsEncodingIsTaken(t *testing.T) {
	g := newGroup(t, 2, 3)
	key, signature := encoded(t, g.key), encoded(t, g.sum([]int{0, 2}))
	unknown := []byte{0x50, 1}
	for name, c := range map[string]struct {
		key, signature []byte
		says           string
	}{
		"no protobuf as key":          {make([]byte, 34), signature, "34 bytes, wanted 33 or an encoded LegacyAminoPubKey"},
		"no protobuf as signature":    {key, []byte{0xff}, "1 bytes, wanted an encoded SignatureDescriptor.Data.Multi"},
		"an unknown field in the key": {append(slices.Clone(key), unknown...), signature, "no unknown fields"},
		"one in the signature":        {key, append(slices.Clone(signature), unknown...), "no unknown fields"},
		"a key beside it, cut short":  {key[:len(key)-1], signature, "wanted 33 or an encoded LegacyAminoPubKey"},
		"a single signature of 64":    {key, g.sign(0, g.address()), "signature: "},
		"a threshold of three bytes":  {append([]byte{0x08, 0x82, 0x00}, key[2:]...), signature, "no unknown fields"},
		"a multisig's for one's key":  {g.members[0].PubKey().Bytes(), signature, "wanted the sender"},
	} {
		_, err := g.verify(c.key, c.signature)
		require.ErrorContains(t, err, c.says, name)
	}
}

func TestMembersSignaturesAreCombinedInAnyOrder(t *testing.T) {
	g := newGroup(t, 2, 3)
	of := func(members ...int) []claim.MemberSignature {
		signatures := make([]claim.MemberSignature, len(members))
		for i, member := range members {
			key := g.members[member].PubKey()
			signatures[i] = claim.MemberSignature{Key: key.Bytes(), Signature: g.sign(member, address(t, key))}
		}
		return signatures
	}
	combined, err := claim.Combine(g.key, of(2, 0))
	require.NoError(t, err)
	require.Equal(t, encoded(t, g.sum([]int{0, 2})), combined)
	_, err = claim.Combine(g.key, of(0, 0))
	require.ErrorContains(t, err, "signature 1 is a second one by")
	_, err = claim.Combine(newGroup(t, 1, 2).key, of(0, 2))
	require.ErrorContains(t, err, "signature 1 is by")
	twice := groupOf(t, 2, g.members[0], g.members[1], g.members[0])
	combined, err = claim.Combine(twice.key, of(0))
	require.NoError(t, err)
	_, err = twice.verify(encoded(t, twice.key), combined)
	require.NoError(t, err, "a key at two places signs for both")
}

// FuzzVerifyMultisig decodes foreign bytes: none of them is a claim but the one that was signed, byte for byte.
func FuzzVerifyMultisig(f *testing.F) {
	g := newGroup(f, 2, 3)
	key, signature := encoded(f, g.key), encoded(f, g.sum([]int{0, 2}))
	sender := g.address()
	f.Add(key, signature)
	f.Add(key, encoded(f, g.sum([]int{0})))
	f.Add(encoded(f, newGroup(f, 1, 9).key), encoded(f, newGroup(f, 1, 9).sum([]int{8})))
	f.Add([]byte{0x08, 0x02}, []byte{0x0a, 0x00})
	f.Add(append(slices.Clone(key), 0x50, 1), append(slices.Clone(signature), 0x50, 1))
	f.Fuzz(func(t *testing.T, k, s []byte) {
		verified := 0
		err := cosmos("cosmos").Verify(deposit(), sender, k, s, func() { verified++ })
		require.LessOrEqual(t, verified, 2*claim.MaxKeys)
		if slices.Equal(k, key) && slices.Equal(s, signature) {
			require.NoError(t, err)
			return
		}
		require.Error(t, err)
	})
}
