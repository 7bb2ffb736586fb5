using System.Security.Cryptography.X509Certificates;
using Sora.Acme.Tests.Server;
using Sora.Testing;

namespace Sora.Acme.Tests;

/// <summary>When certificates are ordered again, and when not.</summary>
public sealed class RenewalTests
{
    private const string Name = "acme-mail.example.org-ecdsa";

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Thirty_days_before_its_end_it_is_renewed()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        var time = new ShiftedTime();
        var worker = node.Worker(options, time);
        await worker.CheckAsync(None);
        var first = (await node.CertificateAsync(Name)).ShouldNotBeNull();
        time.Shift = TimeSpan.FromDays(59);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(1);
        time.Shift = TimeSpan.FromDays(61);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(2);
        var second = (await node.CertificateAsync(Name)).ShouldNotBeNull();
        second.Key.ShouldNotBe(first.Key);
        second.Chain.ShouldNotBe(first.Chain);
    }

    [Fact]
    public async Task One_that_is_valid_for_a_short_time_is_not_renewed_for_ever()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        server.Lifetime = TimeSpan.FromDays(6);
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        var time = new ShiftedTime();
        var worker = node.Worker(options, time);
        await worker.CheckAsync(None);
        time.Shift = TimeSpan.FromDays(3.9);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(1);
        time.Shift = TimeSpan.FromDays(4.1);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Other_hosts_and_another_key_are_another_certificate()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        await node.Worker(options).CheckAsync(None);
        options.Certificates = [new AcmeCertificateOptions { Hosts = ["mail.example.org", "imap.example.org"] }];
        await node.Worker(options).CheckAsync(None);
        server.Orders[^1].Hosts.ShouldBe(["mail.example.org", "imap.example.org"]);
        options.Certificates[0].KeyType = AcmeKeyType.EcdsaP384;
        await node.Worker(options).CheckAsync(None);
        server.Orders.Count.ShouldBe(3);
        using var leaf = X509Certificate2.CreateFromPem((await node.CertificateAsync(Name))!.Chain);
        using var key = leaf.GetECDsaPublicKey();
        key!.KeySize.ShouldBe(384);
    }

    [Fact]
    public async Task Failures_are_remembered_for_all_nodes_and_the_pauses_grow()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        await using var other = await AcmeFixture.StartAsync(node.Address);
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.RefuseOrders = (500, "serverInternal", null);
        var time = new ShiftedTime();
        var (worker, elsewhere) = (node.Worker(options, time), other.Worker(options, time));
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            await worker.CheckAsync(None);
            await elsewhere.CheckAsync(None); // Not again, though it is another process
            var renewal = (await node.RenewalAsync(Name)).ShouldNotBeNull();
            renewal.Attempts.ShouldBe(attempt);
            renewal.LastError.ShouldBe("serverInternal: Not now");
            var pause = renewal.NextAttemptAt!.Value - time.GetUtcNow();
            pause.ShouldBeGreaterThan(options.RetryMin * Math.Pow(2, attempt - 1) - TimeSpan.FromMinutes(1));
            pause.ShouldBeLessThanOrEqualTo(options.RetryMin * Math.Pow(2, attempt - 1));
            time.Shift += pause + TimeSpan.FromSeconds(1);
        }

        server.RefuseOrders = null;
        server.HttpPort = await node.AnswerHttpAsync(options);
        await worker.CheckAsync(None);
        (await node.RenewalAsync(Name))!.Attempts.ShouldBe(0);
        (await node.CertificateAsync(Name)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_server_that_names_a_longer_pause_gets_it()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.RefuseOrders = (429, "rateLimited", 86_400);
        await node.Worker(options).CheckAsync(None);
        var renewal = (await node.RenewalAsync(Name)).ShouldNotBeNull();
        renewal.LastError!.ShouldStartWith("rateLimited");
        (renewal.NextAttemptAt!.Value - DateTimeOffset.UtcNow).ShouldBeGreaterThan(TimeSpan.FromHours(23));
    }

    [Fact]
    public async Task The_servers_window_decides_and_the_order_says_what_it_replaces()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        var (start, end) = (DateTimeOffset.UtcNow.AddDays(10), DateTimeOffset.UtcNow.AddDays(11));
        server.RenewalWindow = (start, end);
        var time = new ShiftedTime();
        var worker = node.Worker(options, time);
        await worker.CheckAsync(None); // Orders
        await worker.CheckAsync(None); // Asks
        var chosen = (await node.RenewalAsync(Name))!.RenewAt.ShouldNotBeNull();
        chosen.ShouldBeInRange(start.AddMilliseconds(-1), end);
        time.Shift = TimeSpan.FromDays(9);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(1);
        (await node.RenewalAsync(Name))!.RenewAt.ShouldBe(chosen); // Chosen once, not with each question
        time.Shift = TimeSpan.FromDays(11.5);
        await worker.CheckAsync(None);
        server.Orders.Count.ShouldBe(2);
        server.Orders[1].Replaces.ShouldBe(AcmeServerOrder.RenewalName(server.Orders[0].Issued!));
    }

    [Fact]
    public async Task One_node_orders_at_a_time()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        await using var other = await AcmeFixture.StartAsync(node.Address);
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        await using (var lead = await other.State.TryLeadAsync(None))
        {
            lead.ShouldNotBeNull();
            (await node.Worker(options).CheckAsync(None)).ShouldBe(options.RetryMin);
            server.Orders.ShouldBeEmpty();
        }

        await node.Worker(options).CheckAsync(None);
        server.Orders.Count.ShouldBe(1);
    }

    [Fact]
    public async Task It_runs_by_itself_and_orders_again_when_told_to_and_what_was_deleted()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        await using var admin = await AcmeFixture.StartAsync(node.Address);
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        node.Worker(options).Start();
        await Eventually.WaitAsync(async () => await node.CertificateAsync(Name) is not null);
        var first = (await node.CertificateAsync(Name))!;
        (await admin.Certificates.RenewAsync(Name, None)).IsOk.ShouldBeTrue();

        // Until the second one is stored: what is deleted before that comes back with it
        await Eventually.WaitAsync(async () => await node.CertificateAsync(Name) is { } second && second.Chain != first.Chain);
        server.Orders.Count(order => order.Issued is not null).ShouldBe(2);
        (await admin.Certificates.DeleteAsync(Name, None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(() => server.Orders.Count(order => order.Issued is not null) == 3);
        await Eventually.WaitAsync(async () => await node.CertificateAsync(Name) is not null);
        (await admin.Certificates.RenewAsync("unknown", None)).IsOk.ShouldBeFalse();
    }
}
