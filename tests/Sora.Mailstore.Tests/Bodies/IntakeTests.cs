using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class IntakeTests
{
    [Theory]
    [InlineData(1000, 1001)]
    [InlineData(1000, 5_000_000)]
    [InlineData(3_000_000, 3_000_001)]
    public async Task More_than_the_limit_is_counted_but_not_kept(long limit, int size)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        await using var intake = bodies.Host.Intakes.Begin(limit);
        foreach (var chunk in TestBodies.Message(size).Chunk(50_000))
            await intake.WriteAsync(chunk, default);
        intake.Length.ShouldBe(size);
        bodies.StagedFiles.ShouldBeEmpty();
        (await intake.CompleteAsync(default)).Error.ShouldNotBeNull().Code.ShouldBe(MailErrorCode.TooBig);
    }

    [Fact]
    public async Task The_limit_itself_is_allowed()
    {
        await using var bodies = await TestBodies.CreateAsync();
        await using var intake = bodies.Host.Intakes.Begin(1000);
        await intake.WriteAsync(new byte[1000], default);
        (await intake.CompleteAsync(default)).IsOk.ShouldBeTrue();
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task A_message_that_is_broken_off_leaves_nothing(int size)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        await using (var intake = bodies.Host.Intakes.Begin(long.MaxValue))
        {
            await intake.WriteAsync(new byte[size], default);
            bodies.StagedFiles.Length.ShouldBe(size > 1024 * 1024 ? 1 : 0);
        }

        bodies.StagedFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_outlives_its_message_since_a_commit_may_still_be_under_way()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        var message = await bodies.TakeAsync(TestBodies.Message(1000));
        await message.DisposeAsync();
        await message.DisposeAsync();
        bodies.StagedFiles.Length.ShouldBe(1);
        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.Length.ShouldBe(1);
        bodies.Time.Offset = bodies.Options.StagedFileGrace + TimeSpan.FromMinutes(2);
        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_is_not_deleted_while_its_message_or_a_row_needs_it()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        await using var open = await bodies.TakeAsync(TestBodies.Message(1000));
        var committed = TestBodies.Message(2000);
        var id = await bodies.DeliverAsync(committed);
        bodies.Time.Offset = TimeSpan.FromDays(1);
        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.Length.ShouldBe(2);
        (await bodies.ReadAsync(id)).ShouldBe(committed);
    }

    [Theory]
    [InlineData(StagingMode.Database)]
    [InlineData(StagingMode.Disk)]
    public async Task Full_staging_refuses_mail_until_bodies_have_been_moved(StagingMode mode)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = mode, MaxStagingSize = ByteSize.KiB(1024) });
        for (var i = 0; i < 5; i++)
            await bodies.DeliverAsync(TestBodies.Message(200_000, i));
        (await TryAsync(bodies, 200_000)).ShouldBe(MailErrorCode.Unavailable);
        (await TryAsync(bodies, 3_000_000)).ShouldBe(MailErrorCode.Unavailable);
        (await TryAsync(bodies, 1000)).ShouldBeNull();
        await bodies.RestartAsync();
        await bodies.Host.Uploader.CountAsync(default);
        (await TryAsync(bodies, 200_000)).ShouldBe(MailErrorCode.Unavailable);

        await bodies.UploadAsync();
        await bodies.Host.Uploader.CountAsync(default);
        await bodies.Host.Uploader.CountAsync(default);
        (await TryAsync(bodies, 200_000)).ShouldBeNull();
    }

    [Fact]
    public async Task Memory_for_large_bodies_of_the_database_is_bounded_and_comes_back()
    {
        await using var bodies = await TestBodies.CreateAsync(
            new StorageOptions { Staging = StagingMode.Database, DatabaseStagingMemory = ByteSize.MiB(4) });
        await using (await bodies.TakeAsync(TestBodies.Message(3_000_000)))
            (await TryAsync(bodies, 3_000_000)).ShouldBe(MailErrorCode.Unavailable);
        (await TryAsync(bodies, 3_000_000)).ShouldBeNull();
        (await TryAsync(bodies, 5_000_000)).ShouldBe(MailErrorCode.TooBig);
        bodies.StagedFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_temporary_failure()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        Directory.Delete(bodies.StagingFolder, recursive: true);
        (await TryAsync(bodies, 1000)).ShouldBe(MailErrorCode.Unavailable);
        (await TryAsync(bodies, 3_000_000)).ShouldBe(MailErrorCode.Unavailable);
        Directory.CreateDirectory(bodies.StagingFolder);
        (await TryAsync(bodies, 3_000_000)).ShouldBeNull();
    }

    [Fact]
    public async Task Many_files_at_once_all_become_durable()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        var messages = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => bodies.TakeAsync(TestBodies.Message(1000 + i)))));
        foreach (var message in messages)
            (await File.ReadAllBytesAsync(Path.Combine(bodies.StagingFolder, message.Path!))).Length.ShouldBe((int)message.Size);
        messages.Select(message => message.Path).Distinct().Count().ShouldBe(40);
    }

    private static async Task<MailErrorCode?> TryAsync(TestBodies bodies, int size)
    {
        await using var intake = bodies.Host.Intakes.Begin(long.MaxValue);
        foreach (var chunk in TestBodies.Message(size).Chunk(100_000))
            await intake.WriteAsync(chunk, default);
        var result = await intake.CompleteAsync(default);
        if (result.IsOk)
            await result.Value.DisposeAsync();
        return result.Error?.Code;
    }
}
