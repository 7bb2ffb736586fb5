using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>What scripts cost those who have none.</summary>
[Collection("sieve delivery")]
public sealed class NoScriptTests(DeliveryFixture fixture)
{
    [Fact]
    public async Task Nothing_is_waited_for_and_nothing_allocated()
    {
        var user = await fixture.UserAsync();
        var (scripts, recipient) = (Scripts(), new DeliveryRecipient(user.Address, user.Account.Id, user.Address, null));
        await using var message = await TakeAsync(user.Message());
        (await scripts.FindAsync(recipient, message, CancellationToken.None)).Value.ShouldBeNull(); // the list of scripts is read once
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            var finding = scripts.FindAsync(recipient, message, CancellationToken.None);
            if (!finding.IsCompletedSuccessfully || (await finding).Value is not null)
                Assert.Fail("There is something to run");
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);

        // A field, a detail or a script of one's own is something to run
        await using var spam = await TakeAsync(user.Message(more: "X-Spam: Yes\r\n"));
        (await scripts.FindAsync(recipient, spam, CancellationToken.None)).Value.ShouldNotBeNull();
        (await scripts.FindAsync(recipient with { Detail = "x" }, message, CancellationToken.None)).Value.ShouldNotBeNull();
        await user.ActivateAsync("keep;");
        (await scripts.FindAsync(recipient, message, CancellationToken.None)).Value!.Scripts.ShouldHaveSingleItem().Name.ShouldBe("main");
    }

    private DeliveryScripts Scripts()
    {
        var files = new SieveFiles(new SieveOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var library = new ScriptLibrary(fixture.Node.Scripts, files, new SieveCompilerOptions(), new SieveCompilerOptions(), 100, 1024 * 1024);
        var ports = new ScriptPorts(fixture.Engine.Accounts, fixture.Node.Sharing, library, new SieveDeliveryOptions(), new SieveLimits(), "", "");
        return new DeliveryScripts(
            new ScriptPlanner(ports), files, fixture.Node.SieveHistory, fixture.Relay, fixture.Bodies.Intakes, fixture.Engine.Quotas, true, "mx.example.org",
            new GatewayMetrics(), TimeProvider.System, NullLogger<DeliveryScripts>.Instance);
    }

    private async Task<IngestedMessage> TakeAsync(string message)
    {
        await using var intake = fixture.Bodies.Intakes.Begin(long.MaxValue);
        await intake.WriteAsync(System.Text.Encoding.ASCII.GetBytes(message), CancellationToken.None);
        return (await intake.CompleteAsync(CancellationToken.None)).Value;
    }
}
