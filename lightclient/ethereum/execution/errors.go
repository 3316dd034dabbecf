package execution

import (
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
)

var (
	// ErrBlockHash: an RLP header's keccak is not the proven hash.
	ErrBlockHash = fmt.Errorf("%w: block hash does not match", lightclient.ErrHeaderForged)
	// ErrNode: a trie node is not the one whose hash its parent names, or is missing or too many.
	ErrNode = fmt.Errorf("%w: trie node does not belong there", lightclient.ErrProof)
	// ErrAbsent: the trie is proven not to hold the key.
	ErrAbsent = fmt.Errorf("%w: key is proven to be absent", lightclient.ErrProof)
	// ErrTransactionsRoot: the transactions are not those of the header.
	ErrTransactionsRoot = fmt.Errorf("%w: transactions root", lightclient.ErrDataHash)
	// ErrReceiptsRoot: the receipts are not those of the header.
	ErrReceiptsRoot = fmt.Errorf("%w: receipts root", lightclient.ErrResultsHash)
	// ErrMalformed: proven or foreign bytes that can't be read.
	ErrMalformed = fmt.Errorf("%w: execution data", lightclient.ErrMalformed)
	// ErrTooLarge: more bytes or items than any block can have.
	ErrTooLarge = fmt.Errorf("%w: execution data", lightclient.ErrTooLarge)
)

// Errors of true data that does not show what it is offered for.
var (
	// ErrReceiptFailed: the transaction was reverted.
	ErrReceiptFailed = errors.New("transaction failed: receipt status is not 1")
	// ErrNoLog: the receipt has no log at that position.
	ErrNoLog = errors.New("receipt has no such log")
	// ErrWrongAddress: the log is of another contract.
	ErrWrongAddress = errors.New("log is of another contract")
	// ErrWrongTopic: the log is of another event.
	ErrWrongTopic = errors.New("log is of another event")
	// ErrWrongEvent: the log has the event's topic and not its data.
	ErrWrongEvent = errors.New("log does not have the event's fields")
)
