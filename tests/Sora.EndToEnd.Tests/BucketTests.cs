using System.Diagnostics;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.EndToEnd.Tests;

/// <summary>The whole program on a bucket: what clients see while it is away, or has lost something.</summary>
public sealed class BucketTests : IAsyncLifetime
{
    private const string Password = "secret-word";
    private const string User = "user@example.com";
    private const int Size = 60_000;
    private const int Before = 6;
    private const int Fit = Before + ((1 << 20) / Size);

    private S3Bucket _bucket = null!;
    private S3FaultProxy _proxy = null!;
    private SoraProcess? _sora;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_sora is not null)
            await _sora.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }

    [S3Fact]
    public async Task Mail_is_taken_until_staging_is_full_and_what_is_here_is_read()
    {
        await StartAsync();
        using var lmtp = await LmtpClient.ConnectAsync(_sora!.LmtpPort);
        for (var i = 1; i <= Before; i++)
            await lmtp.DeliverAsync(User, TestMail.Make(i, Size));
        await StoredAsync(Before);
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, User, Password);
        var uids = imap.View.Uids.ToArray();
        ShouldBe(await imap.FetchAsync(uids[0], "BODY.PEEK[]"), 1);

        _proxy.Add(S3Fault.Reset);
        var taken = Before;
        LmtpReply reply;
        var refusedSince = Stopwatch.StartNew();
        do
        {
            reply = (await lmtp.DeliverAsync("sender@example.org", [User], TestMail.Make(taken + 1, Size)))[0];
            if (reply.IsPositive)
            {
                taken++;
                refusedSince.Restart();
            }
            else
            {
                await Task.Delay(100);
            }
        }
        while (refusedSince.Elapsed < TimeSpan.FromSeconds(taken < Fit ? 60 : 1)); // what came about the time of a count weighs twice until the next, so the first refusal is not the last word
        taken.ShouldBe(Fit, "a MiB may wait, and not more");
        (reply.Code, reply.Text).ShouldSatisfyAllConditions(() => reply.Code.ShouldBe(452), () => reply.Text.ShouldContain("4.3.1"));
        var refused = await imap.TryAppendAsync("INBOX", TestMail.Make(999, Size));
        (refused.Tagged.Status, refused.Tagged.Code).ShouldBe(("NO", "UNAVAILABLE"));

        // The first is in the cache, those that wait are here, and the others are only there
        ShouldBe(await imap.FetchAsync(uids[0], "BODY.PEEK[]"), 1);
        await imap.OkAsync("UID FETCH 1:* (UID)");
        ShouldBe(await imap.FetchAsync(imap.View.Uids[^1], "BODY.PEEK[]"), taken);
        var away = await imap.RunAsync($"UID FETCH {uids[^1]} (BODY.PEEK[TEXT])");
        (away.Tagged.Status, away.Tagged.Code).ShouldBe(("NO", "UNAVAILABLE"));
        (await imap.OkAsync($"UID FETCH {uids[^1]} (ENVELOPE BODYSTRUCTURE FLAGS BODY.PEEK[HEADER])")).Of("FETCH").ShouldHaveSingleItem();

        _proxy.Clear();
        await StoredAsync(taken);
        await Eventually.WaitAsync(async () => (await lmtp.DeliverAsync("sender@example.org", [User], TestMail.Make(taken + 1, Size)))[0].Code == 250);
        await imap.OkAsync("UID FETCH 1:* (UID)");
        var all = imap.View.Uids.ToArray();
        all.Length.ShouldBe(taken + 1);
        for (var i = 0; i < all.Length; i++)
            ShouldBe(await imap.FetchAsync(all[i], "BODY.PEEK[]"), i + 1);
    }

    [S3Fact]
    public async Task A_missing_or_damaged_body_is_an_error_and_an_alarm_and_is_mended_from_a_copy()
    {
        await StartAsync();
        using var lmtp = await LmtpClient.ConnectAsync(_sora!.LmtpPort);
        await lmtp.DeliverAsync(User, TestMail.Make(1, Size));
        await StoredAsync(1);
        var first = await BodyKeyAsync([]);
        await lmtp.DeliverAsync(User, TestMail.Make(2, Size));
        await StoredAsync(2);
        var second = await BodyKeyAsync([first]);
        var good = await _bucket.ReadAsync(second);
        await _bucket.Client.DeleteObjectAsync(_bucket.Name, first);
        await _bucket.WriteAsync(second, [.. good[..^1], (byte)(good[^1] ^ 1)]);

        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, User, Password);
        var uids = imap.View.Uids.ToArray();
        foreach (var uid in uids)
        {
            var answer = await imap.RunAsync($"UID FETCH {uid} (BODY.PEEK[])");
            (answer.Tagged.Status, answer.Tagged.Code).ShouldBe(("NO", "SERVERBUG"));
            answer.Of("FETCH").ShouldBeEmpty("never an empty message");
        }

        _sora.Output.ShouldContain("rror");
        var verify = await _sora.TryAdminAsync(["verify", "--deep", "--json", .. Arguments()]);
        verify.ExitCode.ShouldBe(3, verify.All);
        verify.Output.ShouldContain("missing");
        verify.Output.ShouldContain("damaged");

        // The same message for somebody else brings a copy
        await _sora.CreateAccountsAsync(Password, "other@example.com");
        await lmtp.DeliverAsync("other@example.com", TestMail.Make(1, Size));
        await StoredAsync(2);
        (await _sora.TryAdminAsync(["verify", "--deep", "--fix", .. Arguments()])).Output.ShouldContain("put again from");
        ShouldBe(await imap.FetchAsync(uids[0], "BODY.PEEK[]"), 1);
        await imap.AppendAsync("INBOX", TestMail.Make(2, Size));
        await Eventually.WaitAsync(async () => (await imap.RunAsync($"UID FETCH {uids[1]} (BODY.PEEK[])")).IsOk);
    }

    [S3Fact]
    public async Task Keys_come_from_a_profile_of_the_AWS_SDK()
    {
        await StartAsync();
        await _sora!.KillAsync();
        using var folder = new TempFolder();
        var file = folder.File("credentials");
        await File.WriteAllTextAsync(
            file,
            $"""
            [default]
            aws_access_key_id = another
            aws_secret_access_key = another
            [mail]
            aws_access_key_id = {RadosGateway.AccessKey}
            aws_secret_access_key = {RadosGateway.SecretKey}

            """);
        var environment = new Dictionary<string, string>
        {
            ["AWS_SHARED_CREDENTIALS_FILE"] = file, ["AWS_CONFIG_FILE"] = folder.File("none"), ["AWS_EC2_METADATA_DISABLED"] = "true", ["AWS_PROFILE"] = "mail",
        };
        await _sora.StartAgainAsync(["s3.access_key=", "s3.secret_key="], environment, mayEnd: false);
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        await lmtp.DeliverAsync(User, TestMail.Make(1, Size));
        await StoredAsync(1);
    }

    private static void ShouldBe(byte[] message, int number)
    {
        TestMail.NumberOf(message).ShouldBe(number);
        var sent = TestMail.Make(number, Size);
        message[^sent.Length..].ShouldBe(sent);
    }

    private string[] Arguments() => [.. Settings().SelectMany(static setting => new[] { "--set", setting })];

    private string[] Settings() =>
    [
        "storage.object_store=s3", $"s3.endpoint={_proxy.Endpoint}", $"s3.bucket={_bucket.Name}", "s3.region=us-east-1", $"s3.access_key={RadosGateway.AccessKey}",
        $"s3.secret_key={RadosGateway.SecretKey}", "s3.retry_delay=10ms", "s3.retry_delay_max=20ms", "s3.put_breaker.pause=500ms",
        "s3.get_breaker.pause=500ms", "storage.staging=database", "storage.max_staging_size=1MiB", "storage.cache_warm_up=false", "storage.upload_interval=50ms", "storage.upload_retry=100ms",
        "storage.upload_retry_max=1s", "storage.prefetch_messages=0",
    ];

    private static S3FaultProxy ProxyOf(S3Bucket bucket) => new(bucket.Endpoint);

    private async Task StartAsync()
    {
        _bucket = await S3Fixture.CreateBucketAsync();
        _proxy = ProxyOf(_bucket);
        _sora = await SoraProcess.StartAsync(Settings());
        await _sora.CreateAccountsAsync(Password, User);
    }

    // So many bodies are in the bucket, which is asked past the proxy
    private Task StoredAsync(int count) => Eventually.WaitAsync(async () => (await BodyKeysAsync()).Length == count);

    private async Task<string[]> BodyKeysAsync() => [.. (await _bucket.KeysAsync()).Where(static key => char.IsAsciiDigit(key[0]))];

    private async Task<string> BodyKeyAsync(string[] known) => (await BodyKeysAsync()).Except(known).Single();
}
