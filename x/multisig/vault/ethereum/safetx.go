package ethereum

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// Operation is how a Safe executes a SafeTx.
type Operation uint8

// OperationCall calls another contract; OperationDelegateCall runs MultiSend's code as the Safe.
const (
	OperationCall         Operation = 0
	OperationDelegateCall Operation = 1
)

// SafeTx is what owners sign, in the fields and the order of the Safe's own type; all amounts are below 2^256.
type SafeTx struct {
	To        common.Address
	Value     *big.Int
	Data      []byte
	Operation Operation
	// SafeTxGas is the gas that the execution gets; the Safe refuses a sender that brings too little for it (GS010).
	SafeTxGas *big.Int
	// BaseGas is refunded beside what the execution used, at GasPrice in wei or the transaction's own, whichever is less.
	BaseGas  *big.Int
	GasPrice *big.Int
	// GasToken and RefundReceiver are zero in a payload: the refund is in ether, and goes to whoever sent the transaction.
	GasToken       common.Address
	RefundReceiver common.Address
	Nonce          *big.Int
}

// safeTypes are EIP-712 types of Safe from 1.3.0 on.
var safeTypes = apitypes.Types{
	"EIP712Domain": {{Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}},
	"SafeTx": {
		{Name: "to", Type: "address"}, {Name: "value", Type: "uint256"}, {Name: "data", Type: "bytes"}, {Name: "operation", Type: "uint8"},
		{Name: "safeTxGas", Type: "uint256"}, {Name: "baseGas", Type: "uint256"}, {Name: "gasPrice", Type: "uint256"},
		{Name: "gasToken", Type: "address"}, {Name: "refundReceiver", Type: "address"}, {Name: "nonce", Type: "uint256"},
	},
}

// Domain is what binds a signature to one Safe on one chain.
type Domain struct {
	// ChainNumber is the EVM chain's (EIP-155).
	ChainNumber uint64
	Safe        common.Address
}

// Hash returns the EIP-712 digest that owners sign, which is also the SafeTx hash that the Safe logs: keccak256(0x19 ‖ 0x01 ‖ domain
// separator ‖ struct hash). Errors: ErrPayload for an amount that is negative or does not fit in 256 bits.
func (t SafeTx) Hash(d Domain) (common.Hash, error) {
	for _, amount := range []*big.Int{t.Value, t.SafeTxGas, t.BaseGas, t.GasPrice, t.Nonce} {
		if amount == nil || amount.Sign() < 0 || amount.BitLen() > 256 {
			return common.Hash{}, fmt.Errorf("%w: %s, want from 0 to 2^256 - 1", ErrPayload, amount)
		}
	}
	hash, _, err := apitypes.TypedDataAndHash(apitypes.TypedData{
		Types:       safeTypes,
		PrimaryType: "SafeTx",
		Domain: apitypes.TypedDataDomain{
			ChainId: (*math.HexOrDecimal256)(new(big.Int).SetUint64(d.ChainNumber)), VerifyingContract: d.Safe.Hex(),
		},
		Message: apitypes.TypedDataMessage{
			"to": t.To.Bytes(), "value": t.Value, "data": t.Data, "operation": big.NewInt(int64(t.Operation)), "safeTxGas": t.SafeTxGas,
			"baseGas": t.BaseGas, "gasPrice": t.GasPrice, "gasToken": t.GasToken.Bytes(), "refundReceiver": t.RefundReceiver.Bytes(),
			"nonce": t.Nonce,
		},
	})
	if err != nil {
		return common.Hash{}, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	return common.BytesToHash(hash), nil
}

// Calldata returns execTransaction's with packed signatures, ready to be sent to the Safe by anyone.
func (t SafeTx) Calldata(signatures []byte) []byte {
	return pack("execTransaction", t.To, t.Value, t.Data, uint8(t.Operation), t.SafeTxGas, t.BaseGas, t.GasPrice, t.GasToken,
		t.RefundReceiver, signatures)
}
