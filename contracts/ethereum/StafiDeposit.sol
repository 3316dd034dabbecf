// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The way into a vault of a staking contract (protocol §8).
/// @notice Forwards what it is sent to the vault's Safe, in the same call, and says for whom. It has no owner, can't be changed, and keeps
/// nothing: whoever sends value without calling deposit is refused.
/// @dev What execution can't prevent, a balance forced on it by another contract's end, is nobody's deposit and stays here for ever.
contract StafiDeposit {
    /// @notice A deposit. A log of this event is proof that amount, in wei, arrived in the Safe in the same transaction.
    /// @param sender Whoever called: an account, or the contract that an account called.
    /// @param recipient Address on the StaFi chain, as text (bech32). It is not checked here.
    /// @param amount Value in wei, more than 0.
    event Deposit(address indexed sender, bytes recipient, uint256 amount);

    /// @notice There is nothing to deposit.
    error ZeroValue();
    /// @notice The recipient has length bytes, more than MAX_RECIPIENT.
    error RecipientTooLong(uint256 length);
    /// @notice The Safe did not take the value.
    error SafeRefused();
    /// @notice There is no contract at the address that was given as the Safe.
    error NoSafe(address safe);

    /// @notice Longest recipient in bytes: the text of a 32-byte account address.
    uint256 public constant MAX_RECIPIENT = 64;

    /// @notice The vault's Safe. It stays the same when the committee changes.
    address public immutable SAFE;

    /// @param safe The vault's Safe, deployed already: value sent to an address without code would not be taken back.
    constructor(address safe) {
        if (safe.code.length == 0) revert NoSafe(safe);
        SAFE = safe;
    }

    /// @notice Deposits the value sent for an address of the StaFi chain.
    /// @param recipient That address as text, at most MAX_RECIPIENT bytes. One that the chain can't read is not lost: the sender can claim
    /// the deposit there.
    function deposit(bytes calldata recipient) external payable {
        if (msg.value == 0) revert ZeroValue();
        if (recipient.length > MAX_RECIPIENT) revert RecipientTooLong(recipient.length);
        (bool taken,) = SAFE.call{value: msg.value}("");
        if (!taken) revert SafeRefused();
        emit Deposit(msg.sender, recipient, msg.value);
    }
}
