using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

public sealed class PasswordVerifierTests
{
    private const string Password = "correct horse";
    private const string Stored = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Checks_run_side_by_side_and_each_gets_its_answer()
    {
        using var verifier = Start(new PasswordOptions { BcryptCost = 4, Workers = 2 });
        var checks = Enumerable.Range(0, 40)
            .Select(i => verifier.VerifyAsync(i % 3 == 0 ? Password : "wrong", Stored, default))
            .ToArray();
        (await Task.WhenAll(checks)).ShouldBe(Enumerable.Range(0, 40).Select(i => i % 3 == 0));
        (await verifier.VerifyDummyAsync(Password, default)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_right_password_is_remembered_until_the_hash_changes()
    {
        using var verifier = Start(new PasswordOptions { BcryptCost = 4, Workers = 1 });
        var changed = new PasswordHasher(new PasswordOptions { BcryptCost = 4 }).Hash("new password");
        (await verifier.VerifyAsync("anna", "wrong", Stored, default)).ShouldBeFalse();
        (await verifier.VerifyAsync("anna", Password, Stored, default)).ShouldBeTrue();

        using var gate = new ManualResetEventSlim();
        var working = await OccupyAsync(verifier, gate);
        // The only worker is busy, so what is answered was remembered
        var same = verifier.VerifyAsync("anna", Password, Stored, default);
        same.IsCompletedSuccessfully.ShouldBeTrue();
        (await same).ShouldBeTrue();
        Task<bool>[] others =
        [
            verifier.VerifyAsync("anna", "wrong", Stored, default),
            verifier.VerifyAsync("anna", Password, changed, default),
            verifier.VerifyAsync("anna", "new password", changed, default),
            verifier.VerifyAsync("bert", Password, Stored, default),
            verifier.VerifyAsync(Password, Stored, default),
        ];
        others.ShouldAllBe(other => !other.IsCompleted);

        gate.Set();
        (await working).ShouldBeTrue();
        (await Task.WhenAll(others)).ShouldBe([false, false, true, true, true]);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_a_cancelled_wait_ends_at_once()
    {
        using var verifier = Start(new PasswordOptions { BcryptCost = 4, Workers = 1, QueueLimit = 1 });
        using var cancellation = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var working = await OccupyAsync(verifier, gate);
        var waiting = verifier.VerifyAsync(Password, Stored, cancellation.Token);

        await Should.ThrowAsync<PasswordVerifierBusyException>(() => verifier.VerifyAsync(Password, Stored, default));
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await Should.ThrowAsync<OperationCanceledException>(() => verifier.VerifyAsync(Password, Stored, cancellation.Token));

        working.IsCompleted.ShouldBeFalse();
        gate.Set();
        (await working).ShouldBeTrue();
    }

    [Fact]
    public async Task Stopping_ends_what_is_at_work_and_cancels_what_waits()
    {
        var verifier = Start(new PasswordOptions { BcryptCost = 4, Workers = 1 });
        using var gate = new ManualResetEventSlim();
        var working = await OccupyAsync(verifier, gate);
        var waiting = Enumerable.Range(0, 20).Select(_ => verifier.VerifyAsync(Password, Stored, default)).ToArray();

        var stopping = Task.Run(verifier.Dispose);
        var deadline = DateTime.UtcNow + Deadline;
        while (!IsStopping(verifier))
        {
            DateTime.UtcNow.ShouldBeLessThan(deadline);
            await Task.Yield();
        }
        gate.Set();
        await stopping.WaitAsync(Deadline);
        (await working).ShouldBeTrue();
        waiting.ShouldAllBe(check => check.IsCanceled);
        Should.NotThrow(verifier.Dispose);
    }

    [Fact]
    public async Task A_check_that_fails_does_not_end_the_worker()
    {
        using var verifier = Start(new PasswordOptions { BcryptCost = 4, Workers = 1 });
        await Should.ThrowAsync<PlatformNotSupportedException>(
            () => verifier.Enqueue(() => throw new PlatformNotSupportedException(), default));
        (await verifier.VerifyAsync(Password, Stored, default).WaitAsync(Deadline)).ShouldBeTrue();
    }

    /// <summary>Gives the only worker a check that lasts until the gate opens, and returns once it is at it.</summary>
    private static async Task<Task<bool>> OccupyAsync(PasswordVerifier verifier, ManualResetEventSlim gate)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var working = verifier.Enqueue(
            () =>
            {
                started.SetResult();
                return gate.Wait(Deadline);
            },
            default);
        await started.Task.WaitAsync(Deadline);
        return working;
    }

    private static bool IsStopping(PasswordVerifier verifier)
    {
        try
        {
            _ = verifier.VerifyAsync(Password, Stored, default);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static PasswordVerifier Start(PasswordOptions options) => new(new PasswordHasher(options), options, TimeProvider.System);
}
