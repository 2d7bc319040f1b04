class Ecsctl < Formula
  desc "Run Prefect flows on AWS ECS"
  homepage "@URL@"
  version "@PACKAGE_VERSION@"

  on_macos do
    on_arm do
      url "@URL@/ecsctl_@VERSION@_darwin_arm64.tar.gz"
      sha256 "@darwin_arm64@"
    end
    on_intel do
      url "@URL@/ecsctl_@VERSION@_darwin_amd64.tar.gz"
      sha256 "@darwin_amd64@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@/ecsctl_@VERSION@_linux_arm64.tar.gz"
      sha256 "@linux_arm64@"
    end
    on_intel do
      url "@URL@/ecsctl_@VERSION@_linux_amd64.tar.gz"
      sha256 "@linux_amd64@"
    end
  end

  def install
    bin.install "ecsctl"
    (share/"ecsctl").install Dir["ecsctl-worker-linux-*.gz"]
  end

  test do
    assert_match "ecsctl version", shell_output("#{bin}/ecsctl version")
  end
end
