package pvss_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

const (
	testChain = "stafi-test-1"
	testEra   = 42
)

// network is a round with the secret keys of all its dealers.
type network struct {
	round    *pvss.Round
	dealers  []string
	keys     []pvss.SecretKey
	slotKeys []pvss.PublicKey
}

// newNetwork has dealers with as many slots each, and t = ⌊S/3⌋ + 1 (protocol §3).
func newNetwork(tb testing.TB, dealers, slotsEach int) *network {
	tb.Helper()
	slots := make([]int, dealers)
	for i := range slots {
		slots[i] = slotsEach
	}
	return newNetworkOf(tb, slots, dealers*slotsEach/3+1)
}

func newNetworkOf(tb testing.TB, slotsOf []int, threshold int) *network {
	tb.Helper()
	net := &network{}
	for i, slots := range slotsOf {
		key := secretKey(tb, i)
		net.keys = append(net.keys, key)
		net.dealers = append(net.dealers, fmt.Sprintf("stafivaloper%d", i))
		for range slots {
			net.slotKeys = append(net.slotKeys, key.PublicKey())
		}
	}
	net.round = newRound(tb, testChain, testEra, threshold, net.slotKeys)
	return net
}

func newRound(tb testing.TB, chainID string, era uint64, threshold int, keys []pvss.PublicKey) *pvss.Round {
	tb.Helper()
	round, err := pvss.NewRound(chainID, era, threshold, keys)
	require.NoError(tb, err)
	return round
}

func secretKey(tb testing.TB, i int) pvss.SecretKey {
	tb.Helper()
	key, err := pvss.NewSecretKey(testSeed(i))
	require.NoError(tb, err)
	return key
}

func testSeed(i int) []byte {
	seed := sha256.Sum256(fmt.Appendf(nil, "test key %d", i))
	return seed[:]
}

func (n *network) deal(tb testing.TB, dealer int) []byte {
	tb.Helper()
	dealing, err := pvss.Deal(n.round, n.dealers[dealer], n.keys[dealer])
	require.NoError(tb, err)
	return dealing
}

func (n *network) dealVerified(tb testing.TB, dealer int) pvss.Dealing {
	tb.Helper()
	dealing, err := pvss.VerifyDealing(n.round, n.dealers[dealer], n.deal(tb, dealer))
	require.NoError(tb, err)
	return dealing
}

func (n *network) open(tb testing.TB, dealer int) pvss.Opening {
	tb.Helper()
	opening, err := pvss.OpenDealing(n.round, n.dealers[dealer], n.keys[dealer])
	require.NoError(tb, err)
	return opening
}

// decryption is what one owner hands in for one dealing.
type decryption struct {
	encrypted, shares []pvss.Share
	proof             pvss.Proof
}

func (n *network) decrypt(tb testing.TB, dealer, owner int, dealing pvss.Dealing) decryption {
	tb.Helper()
	encrypted, err := dealing.EncryptedShares(n.round.SlotsOf(n.keys[owner].PublicKey()))
	require.NoError(tb, err)
	shares, proof, err := pvss.Decrypt(n.round, n.dealers[dealer], encrypted, n.keys[owner])
	require.NoError(tb, err)
	return decryption{encrypted: encrypted, shares: shares, proof: proof}
}

func (n *network) decryptAll(tb testing.TB, dealer int, dealing pvss.Dealing) []decryption {
	tb.Helper()
	all := make([]decryption, len(n.keys))
	for owner := range all {
		all[owner] = n.decrypt(tb, dealer, owner, dealing)
	}
	return all
}

// allShares are the decrypted shares of every slot, each owner's proof verified.
func (n *network) allShares(tb testing.TB, dealer int, dealing pvss.Dealing) []pvss.Share {
	tb.Helper()
	var shares []pvss.Share
	for owner := range n.keys {
		d := n.decrypt(tb, dealer, owner, dealing)
		require.NoError(tb, pvss.VerifyDecryption(n.round, n.dealers[dealer], d.encrypted, d.shares, d.proof))
		shares = append(shares, d.shares...)
	}
	return shares
}
