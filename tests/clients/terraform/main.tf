# What the test of Terraform creates, changes and destroys. `step` is 1, then 2 for the changes.

terraform {
  required_providers {
    tencentcloud = { source = "tencentcloudstack/tencentcloud" }
  }
}

variable "step" { type = number }

# Keys, protocol and proxy come from the environment: see TOOLS.md.
provider "tencentcloud" {
  region = "ap-guangzhou"
}

data "tencentcloud_availability_zones_by_product" "cvm" {
  product = "cvm"
}

data "tencentcloud_images" "ubuntu" {
  image_type       = ["PUBLIC_IMAGE"]
  image_name_regex = "Ubuntu"
}

data "tencentcloud_instance_types" "small" {
  availability_zone = "ap-guangzhou-3"
  cpu_core_count    = 2
  memory_size       = 4
}

locals {
  image = data.tencentcloud_images.ubuntu.images[0].image_id
}

resource "tencentcloud_key_pair" "imported" {
  key_name   = "imported"
  public_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDjd8fTnp7Dcuj4mLaQxf9Zs/ORgUL9fQxRCNKkPgP1paTy1I513maMX126i36Lxxl3+FUB52oVbo/FgwlIfX8hyCnv8MCxqnuSDozf1CD0/wRYHcTWAtgHQHBPCC2nJtod6cVC3kB18KeV4U7zsxmwFeBIxojMOOmcOBuh7+trRw=="
}

resource "tencentcloud_key_pair" "created" {
  key_name = "created"
}

resource "tencentcloud_placement_group" "web" {
  name = "web-${var.step}"
  type = "HOST"
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web-${var.step}"
  availability_zone = "ap-guangzhou-3"
  image_id          = local.image
  instance_type     = var.step == 1 ? "S5.MEDIUM4" : "S5.LARGE8"
  system_disk_type  = "CLOUD_PREMIUM"
  system_disk_size  = 50
  vpc_id            = "vpc-11111111"
  subnet_id         = "subnet-11111111"
  key_ids           = var.step == 1 ? [tencentcloud_key_pair.imported.id] : [tencentcloud_key_pair.created.id]
  tags              = var.step == 1 ? { team = "blue" } : { team = "green", owner = "me" }

  allocate_public_ip         = true
  internet_max_bandwidth_out = 5

  # Other keys can be bound only to a stopped instance.
  force_stop = true

  data_disks {
    data_disk_type = "CLOUD_PREMIUM"
    data_disk_size = 50
  }
}

resource "tencentcloud_cbs_storage" "extra" {
  storage_name      = "extra-${var.step}"
  storage_type      = "CLOUD_PREMIUM"
  storage_size      = var.step == 1 ? 50 : 60
  availability_zone = "ap-guangzhou-3"
  tags              = { team = "blue" }
}

resource "tencentcloud_cbs_storage_attachment" "extra" {
  storage_id  = tencentcloud_cbs_storage.extra.id
  instance_id = tencentcloud_instance.web.id
}

resource "tencentcloud_cvm_security_group_attachment" "web" {
  instance_id       = tencentcloud_instance.web.id
  security_group_id = "sg-22222222"
}

resource "tencentcloud_instance_set" "pool" {
  instance_count    = 3
  instance_name     = "pool"
  availability_zone = "ap-guangzhou-3"
  image_id          = local.image
  instance_type     = "S5.MEDIUM4"
  system_disk_type  = "CLOUD_PREMIUM"
  system_disk_size  = 50
  vpc_id            = "vpc-11111111"
  subnet_id         = "subnet-11111111"
  password          = "Passw0rd!x"
}

# The image is made when nothing else changes the instance any more.
resource "tencentcloud_image" "golden" {
  image_name     = "golden"
  instance_id    = tencentcloud_instance.web.id
  force_poweroff = true
  depends_on     = [tencentcloud_cvm_security_group_attachment.web]
}

resource "tencentcloud_cvm_launch_template" "web" {
  launch_template_name = "web"
  image_id             = local.image
  instance_type        = "S5.MEDIUM4"
  instance_name        = "from-template"
  placement {
    zone = "ap-guangzhou-3"
  }
}

resource "tencentcloud_cvm_launch_template_default_version" "web" {
  launch_template_id = tencentcloud_cvm_launch_template.web.id
  default_version    = 1
}

resource "tencentcloud_cvm_hpc_cluster" "hpc" {
  zone = "ap-guangzhou-6"
  name = "hpc"
}

output "zones" {
  value = length(data.tencentcloud_availability_zones_by_product.cvm.zones)
}

output "types" {
  value = length(data.tencentcloud_instance_types.small.instance_types)
}
