package receipt_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

var key = secp256k1.GenPrivKeyFromSecret([]byte("client"))

func body() receipt.Body {
	return receipt.Body{ChainID: "stafi-1", Contract: 1, Era: 7, Operator: []byte(strings.Repeat("o", 20)), Calls: 5}
}

func signed(tb testing.TB) receipt.Receipt {
	tb.Helper()
	r, err := receipt.Sign(body(), key.PubKey().Bytes(), key.Sign)
	require.NoError(tb, err)
	return r
}

func TestASignedReceiptVerifiesAndTravels(t *testing.T) {
	r := signed(t)
	text, err := r.Encode()
	require.NoError(t, err)
	require.Len(t, text, 191)
	back, err := receipt.Decode("stafi-1", text)
	require.NoError(t, err)
	require.Equal(t, r, back)
	require.NoError(t, back.Verify())
	require.Equal(t, key.PubKey().Address().Bytes(), receipt.Address(back.Client).Bytes())
}

func TestTheTextThatIsSignedIsFixed(t *testing.T) {
	require.Equal(t, "00000014"+hex.EncodeToString([]byte("stafi/rpc/receipt/v1"))+
		"00000007"+hex.EncodeToString([]byte("stafi-1"))+"0000000000000001"+"0000000000000007"+
		"00000014"+strings.Repeat("6f", 20)+"00000021"+hex.EncodeToString(key.PubKey().Bytes())+"0000000000000005",
		hex.EncodeToString(body().SignBytes(key.PubKey().Bytes())))
}

func TestEveryFieldIsSigned(t *testing.T) {
	for name, change := range map[string]func(*receipt.Receipt){
		"chain":    func(r *receipt.Receipt) { r.ChainID = "stafi-2" },
		"contract": func(r *receipt.Receipt) { r.Contract++ },
		"era":      func(r *receipt.Receipt) { r.Era++ },
		"operator": func(r *receipt.Receipt) { r.Operator = []byte(strings.Repeat("p", 20)) },
		"calls":    func(r *receipt.Receipt) { r.Calls++ },
		"client": func(r *receipt.Receipt) {
			r.Client = secp256k1.GenPrivKeyFromSecret([]byte("other")).PubKey().Bytes()
		},
	} {
		r := signed(t)
		change(&r)
		require.ErrorIs(t, r.Verify(), receipt.ErrSignature, name)
	}
}

// order of the group.
var order, _ = new(big.Int).SetString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", 16)

func TestAMalleatedSignatureIsRefused(t *testing.T) {
	r := signed(t)
	high := new(big.Int).Sub(order, new(big.Int).SetBytes(r.Signature[32:]))
	malleated := append([]byte(nil), r.Signature...)
	high.FillBytes(malleated[32:])
	r.Signature = malleated
	require.ErrorIs(t, r.Verify(), receipt.ErrSignature)
	require.ErrorContains(t, r.Verify(), "want from 1 to half the order")
	for _, part := range []int{0, 32} {
		for _, value := range []*big.Int{new(big.Int), order, new(big.Int).Add(order, big.NewInt(1))} {
			r = signed(t)
			broken := append([]byte(nil), r.Signature...)
			value.FillBytes(broken[part : part+32])
			r.Signature = broken
			require.ErrorIs(t, r.Verify(), receipt.ErrSignature, "%d %s", part, value)
		}
	}
}

func TestAMalformedReceiptIsRefusedWithWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		says   string
		want   error
		change func(*receipt.Receipt)
	}{
		{"contract 0", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Contract = 0 }},
		{"era 0", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Era = 0 }},
		{"0 calls", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Calls = 0 }},
		{"operator has 0 bytes", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Operator = nil }},
		{"operator has 256 bytes", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Operator = make([]byte, 256) }},
		{"key has 32 bytes", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Client = r.Client[1:] }},
		{"signature has 65 bytes", receipt.ErrMalformed, func(r *receipt.Receipt) { r.Signature = make([]byte, 65) }},
		{"no valid public key", receipt.ErrKey, func(r *receipt.Receipt) { r.Client = make([]byte, 33) }},
	} {
		r := signed(t)
		c.change(&r)
		require.ErrorIs(t, r.Verify(), c.want)
		require.ErrorContains(t, r.Verify(), c.says)
		if errors.Is(c.want, receipt.ErrMalformed) {
			_, err := r.Encode()
			require.ErrorIs(t, err, c.want)
		}
	}
}

func TestOnlyTheCanonicalTextIsRead(t *testing.T) {
	text, err := signed(t).Encode()
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"empty":           "",
		"cut":             text[:len(text)-1],
		"longer":          text + "AAAA",
		"padded":          text + "=",
		"a line break":    text[:10] + "\n" + text[10:],
		"another version": "Ag" + text[2:],
		"standard base64": strings.Map(func(r rune) rune { return map[rune]rune{'-': '+', '_': '/'}[r] }, "-_") + text[2:],
		"huge":            strings.Repeat("A", receipt.MaxText+1),
	} {
		_, err := receipt.Decode("stafi-1", bad)
		require.ErrorIs(t, err, receipt.ErrMalformed, name)
	}
}

func TestASignerThatSignsSomethingElseIsFound(t *testing.T) {
	_, err := receipt.Sign(body(), key.PubKey().Bytes(), func([]byte) ([]byte, error) { return key.Sign([]byte("else")) })
	require.ErrorIs(t, err, receipt.ErrSignature)
	broken := fmt.Errorf("no key")
	_, err = receipt.Sign(body(), key.PubKey().Bytes(), func([]byte) ([]byte, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
}

func FuzzWhatDecodesIsEncodedToTheSameText(f *testing.F) {
	text, err := signed(f).Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Add("")
	f.Add(strings.Repeat("A", 191))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := receipt.Decode("stafi-1", text)
		if err != nil {
			require.ErrorIs(t, err, receipt.ErrMalformed)
			return
		}
		again, err := r.Encode()
		require.NoError(t, err)
		require.Equal(t, text, again)
		_ = r.Verify()
	})
}

func BenchmarkVerifyAThousandReceipts(b *testing.B) {
	receipts := make([]receipt.Receipt, 1000)
	for i := range receipts {
		client := secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "client %d", i))
		r, err := receipt.Sign(body(), client.PubKey().Bytes(), client.Sign)
		require.NoError(b, err)
		receipts[i] = r
	}
	b.ResetTimer()
	for range b.N {
		for _, r := range receipts {
			if err := r.Verify(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(1000*b.N), "µs/receipt")
}
