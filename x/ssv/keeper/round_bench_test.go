package keeper_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// gasOf are benchmarks of what gas is charged for, beside the secp256k1 signature for which x/auth charges 1000: the gas of a piece of work
// is its time over that of BenchmarkGasOfASignature, times 1000.
const benchedDealers, slotsPerDealer = 50, 4

// session is a round of fifty dealers with four slots each.
func session(b *testing.B) (*pvss.Round, []pvss.SecretKey) {
	b.Helper()
	keys := make([]pvss.SecretKey, benchedDealers)
	var owners []pvss.PublicKey
	for i := range keys {
		keys[i] = testutil.BeaconKey(i, 0)
		for range slotsPerDealer {
			owners = append(owners, keys[i].PublicKey())
		}
	}
	round, err := pvss.NewRound(testutil.ChainID, 1, 67, owners)
	require.NoError(b, err)
	return round, keys
}

func BenchmarkGasOfASignature(b *testing.B) {
	digest := sha256.Sum256([]byte("bytes"))
	signature, err := testutil.Signer(0, chain).Sign(digest[:])
	require.NoError(b, err)
	public := testutil.Signer(0, chain).PubKey()
	for b.Loop() {
		if !public.VerifySignature(digest[:], signature) {
			b.Fatal("signature")
		}
	}
}

// BenchmarkGasOfASlotOfADealing is dealSlotGas.
func BenchmarkGasOfASlotOfADealing(b *testing.B) {
	round, keys := session(b)
	dealing, err := pvss.Deal(round, "dealer", keys[0])
	require.NoError(b, err)
	b.ResetTimer()
	for b.Loop() {
		if _, err := pvss.VerifyDealing(round, "dealer", dealing); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*round.Slots()), "ns/slot")
}

// BenchmarkGasOfAnOpening is openGas.
func BenchmarkGasOfAnOpening(b *testing.B) {
	round, keys := session(b)
	encoded, err := pvss.Deal(round, "dealer", keys[0])
	require.NoError(b, err)
	dealing, err := pvss.ParseDealing(round.Slots(), encoded)
	require.NoError(b, err)
	opening, err := pvss.OpenDealing(round, "dealer", keys[0])
	require.NoError(b, err)
	for b.Loop() {
		if _, err := pvss.VerifyOpening(dealing.Commitment(), opening.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGasOfADecryptedShare is decryptSlotGas: of one owner's four.
func BenchmarkGasOfADecryptedShare(b *testing.B) {
	round, keys := session(b)
	encoded, err := pvss.Deal(round, "dealer", keys[0])
	require.NoError(b, err)
	dealing, err := pvss.ParseDealing(round.Slots(), encoded)
	require.NoError(b, err)
	encrypted, err := dealing.EncryptedShares([]int{1, 2, 3, 4})
	require.NoError(b, err)
	shares, proof, err := pvss.Decrypt(round, "dealer", encrypted, keys[0])
	require.NoError(b, err)
	for b.Loop() {
		if err := pvss.VerifyDecryption(round, "dealer", encrypted, shares, proof); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*slotsPerDealer), "ns/share")
}

// BenchmarkGasOfASlotOfARound is contextSlotGas: the keys of a round are read for every decryption.
func BenchmarkGasOfASlotOfARound(b *testing.B) {
	round, keys := session(b)
	owners := make([]pvss.PublicKey, 0, round.Slots())
	for _, key := range keys {
		for range slotsPerDealer {
			owners = append(owners, key.PublicKey())
		}
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := pvss.NewRound(testutil.ChainID, 1, 67, owners); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*round.Slots()), "ns/slot")
}

// BenchmarkGasOfABeaconKey is beaconGas.
func BenchmarkGasOfABeaconKey(b *testing.B) {
	proof := testutil.BeaconProof(0, 0)
	operator := testutil.Operator(0).String()
	for b.Loop() {
		if err := proof.Validate(testutil.ChainID, operator); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTheEndOfABlockThatVerifiesTwoDealings measures a block's bound by default: two dealings of 64 dealers, on the real keeper.
func BenchmarkTheEndOfABlockThatVerifiesTwoDealings(b *testing.B) {
	params := testutil.Params()
	params.BeaconSize, params.DealBlocks, params.MaxDealingsPerBlock = 64, 100, 2
	c := dealingWith(b, params, 71)
	runTo(c, types.ROUND_STATUS_DEAL)
	c.Deal()
	b.ResetTimer()
	for b.Loop() {
		cached, _ := c.Ctx.CacheContext()
		if _, err := c.Keeper.EndBlock(cached); err != nil {
			b.Fatal(err)
		}
	}
}
