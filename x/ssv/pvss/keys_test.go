package pvss_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

func TestSecretKeyWantsThirtyTwoBytesThatAreNotAllZero(t *testing.T) {
	for name, seed := range map[string][]byte{
		"nothing": nil, "31 bytes": make([]byte, 31), "33 bytes": bytes.Repeat([]byte{1}, 33), "32 zeros": make([]byte, 32),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pvss.NewSecretKey(seed)
			require.ErrorIs(t, err, pvss.ErrSecretKey)
		})
	}
}

func TestZeroSecretKeyDoesNothing(t *testing.T) {
	var key pvss.SecretKey
	net := newNetwork(t, 4, 1)
	_, err := pvss.Deal(net.round, "a", key)
	require.ErrorIs(t, err, pvss.ErrSecretKey)
	_, err = pvss.OpenDealing(net.round, "a", key)
	require.ErrorIs(t, err, pvss.ErrSecretKey)
	_, _, err = pvss.Decrypt(net.round, "a", nil, key)
	require.ErrorIs(t, err, pvss.ErrSecretKey)
	_, err = key.ProvePossession("c", "a")
	require.ErrorIs(t, err, pvss.ErrSecretKey)
	public := key.PublicKey()
	_, err = pvss.ParsePublicKey(public[:])
	require.ErrorIs(t, err, pvss.ErrIdentity)
	require.Nil(t, pvss.Opening{}.Bytes())
}

func TestBeaconKeyMustBeCanonicalAndNotTheIdentity(t *testing.T) {
	public := secretKey(t, 0).PublicKey()
	parsed, err := pvss.ParsePublicKey(public[:])
	require.NoError(t, err)
	require.Equal(t, public, parsed)

	for name, encoding := range notElements {
		_, err := pvss.ParsePublicKey(encoding)
		require.ErrorIs(t, err, pvss.ErrEncoding, name)
		require.ErrorContains(t, err, hex.EncodeToString(encoding), name)
	}
	_, err = pvss.ParsePublicKey(make([]byte, pvss.KeySize))
	require.ErrorIs(t, err, pvss.ErrIdentity)
	for _, length := range []int{0, 31, 33, 64} {
		_, err = pvss.ParsePublicKey(bytes.Repeat([]byte{2}, length))
		require.ErrorIs(t, err, pvss.ErrLength)
	}
}

func TestPossessionHoldsForOneChainOneOperatorAndOneKey(t *testing.T) {
	key, other := secretKey(t, 0), secretKey(t, 1)
	proof, err := key.ProvePossession(testChain, "operator")
	require.NoError(t, err)
	require.NoError(t, pvss.VerifyPossession(testChain, "operator", key.PublicKey(), proof))

	response := proof
	copy(response[pvss.ChallengeSize:], addOrder(proof[pvss.ChallengeSize:]))
	for name, test := range map[string]struct {
		want            error
		chain, operator string
		key             pvss.PublicKey
		proof           pvss.Proof
	}{
		"another chain":        {pvss.ErrPossession, "stafi-test-2", "operator", key.PublicKey(), proof},
		"another operator":     {pvss.ErrPossession, testChain, "operato", key.PublicKey(), proof},
		"a letter moved":       {pvss.ErrPossession, testChain + "o", "perator", key.PublicKey(), proof},
		"another key":          {pvss.ErrPossession, testChain, "operator", other.PublicKey(), proof},
		"the negated key":      {pvss.ErrPossession, testChain, "operator", pvss.NegateElement(key.PublicKey()), proof},
		"the sum of two keys":  {pvss.ErrPossession, testChain, "operator", pvss.AddElements(key.PublicKey(), other.PublicKey()), proof},
		"no proof":             {pvss.ErrPossession, testChain, "operator", key.PublicKey(), pvss.Proof{}},
		"a response too large": {pvss.ErrEncoding, testChain, "operator", key.PublicKey(), response},
		"the identity":         {pvss.ErrIdentity, testChain, "operator", pvss.PublicKey{}, pvss.Proof{}},
		"a key off the group":  {pvss.ErrEncoding, testChain, "operator", pvss.PublicKey(notElements["not a square"]), proof},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, pvss.VerifyPossession(test.chain, test.operator, test.key, test.proof), test.want)
		})
	}
	late, lateProof := pvss.PossessLate(testChain, "operator", other.PublicKey())
	require.ErrorIs(t, pvss.VerifyPossession(testChain, "operator", late, lateProof), pvss.ErrPossession, "a key chosen after its challenge")
	for bit := range pvss.ProofSize * 8 {
		flipped := proof
		flipped[bit/8] ^= 1 << (bit % 8)
		require.Error(t, pvss.VerifyPossession(testChain, "operator", key.PublicKey(), flipped), "bit %d", bit)
	}
}

func TestProofMustBeFortyEightBytesWithCanonicalResponse(t *testing.T) {
	proof, err := secretKey(t, 0).ProvePossession(testChain, "operator")
	require.NoError(t, err)
	parsed, err := pvss.ParseProof(proof[:])
	require.NoError(t, err)
	require.Equal(t, proof, parsed)
	for _, wrong := range [][]byte{nil, proof[:47], append(proof[:], 0)} {
		_, err := pvss.ParseProof(wrong)
		require.ErrorIs(t, err, pvss.ErrLength)
	}
	copy(proof[pvss.ChallengeSize:], addOrder(proof[pvss.ChallengeSize:]))
	_, err = pvss.ParseProof(proof[:])
	require.ErrorIs(t, err, pvss.ErrEncoding)
}

func TestRoundRefusesWhatCannotWork(t *testing.T) {
	good := secretKey(t, 0).PublicKey()
	repeated := func(n int) []pvss.PublicKey {
		keys := make([]pvss.PublicKey, n)
		for i := range keys {
			keys[i] = good
		}
		return keys
	}
	for name, test := range map[string]struct {
		threshold int
		keys      []pvss.PublicKey
		also      error
	}{
		"no slots":                       {1, nil, nil},
		"a slot more than the most":      {1, repeated(pvss.MaxSlots + 1), nil},
		"a threshold of zero":            {0, repeated(4), nil},
		"a threshold above the slots":    {5, repeated(4), nil},
		"the identity as a slot's key":   {1, []pvss.PublicKey{good, {}}, pvss.ErrIdentity},
		"a key that is not a group's":    {1, []pvss.PublicKey{good, pvss.PublicKey(notElements["not a square"])}, pvss.ErrEncoding},
		"a negative number as threshold": {-1, repeated(4), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pvss.NewRound(testChain, testEra, test.threshold, test.keys)
			require.ErrorIs(t, err, pvss.ErrRound)
			if test.also != nil {
				require.ErrorIs(t, err, test.also)
			}
		})
	}
	_, err := pvss.NewRound(testChain, testEra, pvss.MaxSlots, repeated(pvss.MaxSlots))
	require.NoError(t, err)
}

func TestRoundDoesNotChangeWithItsInputAndKnowsEachKeysSlots(t *testing.T) {
	net := newNetworkOf(t, []int{2, 1, 3}, 3)
	require.Equal(t, []int{4, 5, 6}, net.round.SlotsOf(net.keys[2].PublicKey()))
	net.slotKeys[0] = net.slotKeys[5]
	require.Equal(t, []int{1, 2}, net.round.SlotsOf(net.keys[0].PublicKey()))
	require.Empty(t, net.round.SlotsOf(secretKey(t, 9).PublicKey()))
	require.Equal(t, testChain, net.round.ChainID())
	require.EqualValues(t, testEra, net.round.Era())
	require.Equal(t, 3, net.round.Threshold())
	require.Equal(t, 6, net.round.Slots())
}

func TestSeedDependsOnChainEraEverySecretAndTheirOrder(t *testing.T) {
	a, b := secretKey(t, 0).PublicKey(), secretKey(t, 1).PublicKey()
	seeds := map[[32]byte]bool{}
	for _, seed := range [][32]byte{
		pvss.Seed("c", 1, []pvss.Element{a, b}), pvss.Seed("c", 1, []pvss.Element{b, a}), pvss.Seed("c", 2, []pvss.Element{a, b}),
		pvss.Seed("d", 1, []pvss.Element{a, b}), pvss.Seed("c", 1, []pvss.Element{a}), pvss.Seed("c", 1, nil),
	} {
		require.NotContains(t, seeds, seed)
		seeds[seed] = true
	}
}

// holder keeps secrets where fmt cannot call their methods.
type holder struct {
	key     pvss.SecretKey
	opening pvss.Opening
}

func TestSecretsPrintAsRedactedWhereverTheyAre(t *testing.T) {
	net := newNetwork(t, 4, 1)
	key, opening := net.keys[0], net.open(t, 0)
	secrets := [][]byte{testSeed(0), opening.Bytes(), pvss.SecretScalar(key), pvss.SecretDerivation(key)}

	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%t"} {
		direct := fmt.Sprintf(verb+verb, key, opening)
		require.Equal(t, "pvss: redactedpvss: redacted", direct, verb)
		for _, value := range []any{
			holder{key, opening},
			&holder{key, opening},
			[]holder{{key, opening}},
			map[string]any{"k": key, "o": &opening},
			struct {
				Key     pvss.SecretKey
				Opening *pvss.Opening
			}{key, &opening},
		} {
			fmt.Fprintf(&printed, verb, value)
		}
	}
	printed.WriteString(key.String() + key.GoString() + opening.String() + opening.GoString())
	encoded, err := json.Marshal(map[string]any{"key": key, "opening": opening, "holder": holder{key, opening}})
	require.NoError(t, err)
	printed.Write(encoded)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(handler).Info("secrets", "key", key, "opening", opening, "holder", holder{key, opening})
	}
	requireNoSecret(t, printed.String(), secrets)
}

func TestErrorsHoldNoSecret(t *testing.T) {
	net := newNetwork(t, 4, 1)
	opening := net.open(t, 0).Bytes()
	secrets := [][]byte{testSeed(0), opening, addOrder(opening), pvss.SecretScalar(net.keys[0]), pvss.SecretDerivation(net.keys[0])}
	commitment := net.dealVerified(t, 1).Commitment()
	_, wrong := pvss.VerifyOpening(commitment, opening)
	_, large := pvss.VerifyOpening(commitment, addOrder(opening))
	_, long := pvss.VerifyOpening(commitment, append(bytes.Clone(opening), 0))
	_, seed := pvss.NewSecretKey(append(testSeed(0), 0))
	encrypted, err := net.dealVerified(t, 1).EncryptedShares([]int{2})
	require.NoError(t, err)
	_, _, foreign := pvss.Decrypt(net.round, net.dealers[1], encrypted, net.keys[0])
	for _, err := range []error{wrong, large, long, seed, foreign} {
		require.Error(t, err)
	}
	requireNoSecret(t, errors.Join(wrong, large, long, seed, foreign).Error(), secrets)
}

// requireNoSecret looks for the first eight bytes of each secret: in hex, as decimal lists with spaces or commas, and raw.
func requireNoSecret(t *testing.T, printed string, secrets [][]byte) {
	t.Helper()
	for _, secret := range secrets {
		head := secret[:8]
		decimal := strings.Trim(fmt.Sprintf("%d", head), "[]")
		for _, form := range []string{
			fmt.Sprintf("%x", head), fmt.Sprintf("%X", head), decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "), string(head),
		} {
			require.NotContains(t, printed, form)
		}
	}
}

func TestARoundThatIsHeldAgainAfterAnotherBlockHasOtherSecrets(t *testing.T) {
	net := newNetwork(t, 3, 2)
	dealer, key := net.dealers[0], net.keys[0]
	first, second := net.round.Anchored([]byte("a block")), net.round.Anchored([]byte("another block"))
	require.Equal(t, net.round, net.round.Anchored(nil), "no anchor changes nothing")
	for _, other := range []*pvss.Round{second, net.round} {
		made, err := pvss.Deal(first, dealer, key)
		require.NoError(t, err)
		_, err = pvss.VerifyDealing(first, dealer, made)
		require.NoError(t, err)
		_, err = pvss.VerifyDealing(other, dealer, made)
		require.Error(t, err)
		opened, err := pvss.OpenDealing(first, dealer, key)
		require.NoError(t, err)
		again, err := pvss.OpenDealing(other, dealer, key)
		require.NoError(t, err)
		require.NotEqual(t, opened.Bytes(), again.Bytes())
	}
}
