package pvss_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// vectors are made by testdata/reference.py, an implementation in another language that shares no code and no method with this one.
type vectors struct {
	H      hexBytes      `json:"h"`
	Rounds []roundVector `json:"rounds"`
	Words  []struct {
		Alpha     hexBytes   `json:"alpha"`
		Slots     int        `json:"slots"`
		Threshold int        `json:"threshold"`
		Word      []hexBytes `json:"word"`
	} `json:"dual_words"`
}

type roundVector struct {
	ChainID     string          `json:"chain_id"`
	Era         uint64          `json:"era"`
	Threshold   int             `json:"threshold"`
	SlotOwners  []int           `json:"slot_owners"`
	KeySeeds    []hexBytes      `json:"key_seeds"`
	PublicKeys  []hexBytes      `json:"public_keys"`
	Possessions []hexBytes      `json:"possessions"`
	RoundDigest hexBytes        `json:"round_digest"`
	Dealings    []dealingVector `json:"dealings"`
	Seed        hexBytes        `json:"seed"`
}

type dealingVector struct {
	Dealer      string   `json:"dealer"`
	Dealing     hexBytes `json:"dealing"`
	Opening     hexBytes `json:"opening"`
	Secret      hexBytes `json:"secret"`
	Decryptions []struct {
		Slots  []int      `json:"slots"`
		Shares []hexBytes `json:"shares"`
		Proof  hexBytes   `json:"proof"`
	} `json:"decryptions"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func loadVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var v vectors
	require.NoError(t, decoder.Decode(&v))
	require.NotEmpty(t, v.Rounds)
	return v
}

// network builds the vector's round with this package, checking each key, proof of possession and the round's digest on the way.
func (v roundVector) network(t *testing.T) *network {
	t.Helper()
	net := &network{}
	for i, seed := range v.KeySeeds {
		key, err := pvss.NewSecretKey(seed)
		require.NoError(t, err)
		public := key.PublicKey()
		require.Equal(t, []byte(v.PublicKeys[i]), public[:])
		dealer := v.Dealings[i].Dealer
		proof, err := key.ProvePossession(v.ChainID, dealer)
		require.NoError(t, err)
		require.Equal(t, []byte(v.Possessions[i]), proof[:])
		require.NoError(t, pvss.VerifyPossession(v.ChainID, dealer, public, proof))
		net.keys, net.dealers = append(net.keys, key), append(net.dealers, dealer)
	}
	for _, owner := range v.SlotOwners {
		net.slotKeys = append(net.slotKeys, net.keys[owner].PublicKey())
	}
	net.round = newRound(t, v.ChainID, v.Era, v.Threshold, net.slotKeys)
	digest := net.round.Digest()
	require.Equal(t, []byte(v.RoundDigest), digest[:])
	return net
}

func TestGeneratorIsTheOneOfTheIndependentImplementation(t *testing.T) {
	h := pvss.GeneratorH()
	require.Equal(t, []byte(loadVectors(t).H), h[:])
}

func TestRoundsAreBitForBitThoseOfTheIndependentImplementation(t *testing.T) {
	for i, vector := range loadVectors(t).Rounds {
		t.Run(fmt.Sprintf("round %d of %d slots", i, len(vector.SlotOwners)), func(t *testing.T) {
			net := vector.network(t)
			secrets := make([]pvss.Element, len(vector.Dealings))
			for dealer, want := range vector.Dealings {
				secrets[dealer] = checkDealingVector(t, net, dealer, want)
			}
			seed := pvss.Seed(vector.ChainID, vector.Era, secrets)
			require.Equal(t, []byte(vector.Seed), seed[:])
		})
	}
}

func checkDealingVector(t *testing.T, net *network, dealer int, want dealingVector) pvss.Element {
	t.Helper()
	require.Equal(t, []byte(want.Dealing), net.deal(t, dealer))
	dealing, err := pvss.VerifyDealing(net.round, want.Dealer, want.Dealing)
	require.NoError(t, err)
	require.Equal(t, []byte(want.Opening), net.open(t, dealer).Bytes())
	secret, err := pvss.VerifyOpening(dealing.Commitment(), want.Opening)
	require.NoError(t, err)
	require.Equal(t, []byte(want.Secret), secret[:])

	var shares []pvss.Share
	for owner, wantShares := range want.Decryptions {
		d := net.decrypt(t, dealer, owner, dealing)
		require.Len(t, d.shares, len(wantShares.Slots))
		for i, share := range d.shares {
			require.Equal(t, wantShares.Slots[i], share.Slot)
			require.Equal(t, []byte(wantShares.Shares[i]), share.Value[:])
		}
		require.Equal(t, []byte(wantShares.Proof), d.proof[:])
		require.NoError(t, pvss.VerifyDecryption(net.round, want.Dealer, d.encrypted, d.shares, d.proof))
		shares = append(shares, d.shares...)
	}
	rebuilt, err := pvss.Reconstruct(net.round.Threshold(), shares)
	require.NoError(t, err)
	require.Equal(t, secret, rebuilt)
	return secret
}

func TestDualWordsAreThoseOfTheNaiveFormula(t *testing.T) {
	for _, word := range loadVectors(t).Words {
		t.Run(fmt.Sprintf("%d slots, threshold %d", word.Slots, word.Threshold), func(t *testing.T) {
			found := pvss.DualWord(word.Alpha, word.Slots, word.Threshold)
			require.Len(t, found, len(word.Word))
			for i := range found {
				require.Equal(t, []byte(word.Word[i]), found[i], "point %d", i)
			}
		})
	}
}
