// Disks that are unsuitable for a store with several workers.

namespace Llm360.Notebooks.Tests;

public sealed class StoreDiskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_disk_that_renames_is_taken_and_nothing_is_left()
    {
        StoreDisk.Require(folder.Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_disk_that_cannot_rename_or_copies_instead_is_one_error()
    {
        Action<string, string>[] wrong =
        [
            (_, _) => throw new IOException("Operation not supported"),
            (from, to) => File.Copy(from, to, overwrite: true),
            (from, _) => File.Delete(from),
        ];
        foreach (var rename in wrong)
        {
            var error = Assert.Throws<Llm360Exception>(() => StoreDisk.Require(folder.Path, rename, "/proc/self/mounts"));
            Assert.Equal(folder.Path, error.Where);
            Assert.Contains("LLM360_HOME", error.Remedy, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        }
    }

    [Theory]
    [InlineData("/data/my bucket/results", "fuse.s3fs")]
    [InlineData("/data/my bucket", "fuse.s3fs")]
    [InlineData("/data/my bucketful", "nfs4")]
    [InlineData("/elsewhere", "ext4")]
    public void The_type_of_a_disk_is_that_of_the_nearest_mount(string path, string type)
    {
        var mounts = folder["mounts"];
        File.WriteAllText(mounts, """
            /dev/sda1 / ext4 rw 0 0
            server:/data /data nfs4 rw 0 0
            s3fs /data/my\040bucket fuse.s3fs rw 0 0

            """);
        Assert.Equal(type, StoreDisk.TypeOf(path, mounts));
    }

    [Fact]
    public void A_file_system_over_an_object_store_is_one_error()
    {
        var mounts = folder["mounts"];
        File.WriteAllText(mounts, $"s3fs {folder.Path} fuse.s3fs rw 0 0\n");
        var error = Assert.Throws<Llm360Exception>(
            () => StoreDisk.Require(folder.Path, (from, to) => File.Move(from, to, overwrite: true), mounts));
        Assert.Contains("fuse.s3fs", error.What, StringComparison.Ordinal);
    }
}
